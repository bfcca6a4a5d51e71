import assert from 'node:assert/strict';
import sharp from 'sharp';
import type { Attachment } from '../../functions/contract/schemas.ts';
import type { AttachmentUpload, CreateAttachmentBody } from '../../functions/files/contract.ts';
import type { HttpAnswer } from '../../lib/bench/plain-http-client.ts';
import type { Person } from './people.ts';

/** A file on a user's device. */
export interface LocalFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file_name: string;
  readonly content_type: string;
}

export const textFile = (text: string, file_name = 'notes.txt', content_type = 'text/plain'): LocalFile => ({
  bytes: new TextEncoder().encode(text),
  file_name,
  content_type,
});

/**
 * A picture as a phone takes it: rotated by its EXIF orientation, and with its location. Upright it is 800 pixels wide
 * and 1,200 high.
 */
export const photograph = async (file_name = 'heron.jpg'): Promise<LocalFile> => {
  const data = await sharp({
    create: { width: 1200, height: 800, channels: 3, background: { r: 200, g: 80, b: 20 } },
  })
    .withExif({ IFD0: { Make: 'A phone' }, IFD3: { GPSLatitude: '48/1 12/1 0/1', GPSLatitudeRef: 'N' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  return { bytes: Uint8Array.from(data), file_name, content_type: 'image/jpeg' };
};

/** Begins an upload. */
export const begin = (
  person: Pick<Person, 'api'>,
  { bytes, ...file }: LocalFile,
  more: Partial<CreateAttachmentBody> = {},
): Promise<HttpAnswer<AttachmentUpload>> =>
  person.api.request('POST', '/attachments', { ...file, size: bytes.length, ...more });

/** Posts a file to the URL of an upload form. */
export const post = (
  { url, fields }: AttachmentUpload['upload'],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Response> => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([bytes]));
  return fetch(url, { method: 'POST', body: form });
};

export const complete = (person: Pick<Person, 'api'>, id: string): Promise<HttpAnswer<Attachment>> =>
  person.api.request('POST', `/attachments/${id}/complete`);

/** Begins an upload and posts the file. @returns the file's id */
export const uploaded = async (
  person: Pick<Person, 'api'>,
  file: LocalFile,
  more: Partial<CreateAttachmentBody> = {},
): Promise<string> => {
  const { status, body } = await begin(person, file, more);
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal((await post(body.upload, file.bytes)).status, 204);
  return body.attachment.id;
};

/** Uploads a file that is then ready to be sent, or to become an avatar. */
export const ready = async (
  person: Pick<Person, 'api'>,
  file: LocalFile,
  more: Partial<CreateAttachmentBody> = {},
): Promise<Attachment> => {
  const { status, body } = await complete(person, await uploaded(person, file, more));
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
