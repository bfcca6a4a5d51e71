import type { Attachment } from '../../functions/contract/schemas.ts';
import type { AttachmentUpload, CreateAttachmentBody } from '../../functions/files/contract.ts';
import { requestOrThrow, type Person } from './population.ts';

const TEXT = new TextEncoder().encode('The mill turns.');

/** A picture of one pixel. */
const PIXEL = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM448IAAALwAREudannAAAAAElFTkSuQmCC',
    'base64',
  ),
);

/** A file to upload. */
export type UploadedFile = Pick<CreateAttachmentBody, 'file_name' | 'content_type'> & {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly purpose?: CreateAttachmentBody['purpose'];
};

const text: UploadedFile = { bytes: TEXT, file_name: 'mill.txt', content_type: 'text/plain' };

/** Begins an upload. */
export const begin = ({ api }: Person, { bytes, ...file }: UploadedFile): Promise<AttachmentUpload> =>
  requestOrThrow<AttachmentUpload>(api, 'POST', '/attachments', { ...file, size: bytes.length });

/** Begins an upload of a small text. */
export const beginUpload = (person: Person): Promise<AttachmentUpload> => begin(person, text);

/** Posts a file to the URL of an upload form. */
export const postForm = async (
  { url, fields }: AttachmentUpload['upload'],
  bytes: UploadedFile['bytes'],
): Promise<void> => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([bytes]));
  const { status } = await fetch(url, { method: 'POST', body: form });
  if (status !== 204) throw new Error(`The upload was answered ${status}`);
};

/** Completes the upload of a file. */
export const completeUpload = ({ api }: Person, id: string): Promise<Attachment> =>
  requestOrThrow<Attachment>(api, 'POST', `/attachments/${id}/complete`);

/** Uploads a file. @returns its id; the upload is not completed yet */
const upload = async (person: Person, file: UploadedFile): Promise<string> => {
  const { attachment, upload: to } = await begin(person, file);
  await postForm(to, file.bytes);
  return attachment.id;
};

/** Uploads a small text. @returns the id of the file; the upload is not completed yet */
export const uploadText = (person: Person): Promise<string> => upload(person, text);

/** Uploads and completes a small picture for an avatar. @returns the id of the file */
export const newAvatar = async (person: Person): Promise<string> => {
  const file: UploadedFile = {
    bytes: PIXEL,
    file_name: 'me.png',
    content_type: 'image/png',
    purpose: 'avatar',
  };
  const id = await upload(person, file);
  await completeUpload(person, id);
  return id;
};
