import type { AttachmentUpload, CreateAttachmentBody } from '../../functions/files/contract.ts';
import { succeed, type Person } from './population.ts';

const TEXT = new TextEncoder().encode('The mill turns.');

/** A picture of one pixel. */
const PIXEL = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM448IAAALwAREudannAAAAAElFTkSuQmCC',
    'base64',
  ),
);

type File = Pick<CreateAttachmentBody, 'file_name' | 'content_type'> & {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly purpose?: CreateAttachmentBody['purpose'];
};

const text: File = { bytes: TEXT, file_name: 'mill.txt', content_type: 'text/plain' };

const begin = ({ api }: Person, { bytes, ...file }: File): Promise<AttachmentUpload> =>
  succeed<AttachmentUpload>(api, 'POST', '/attachments', { ...file, size: bytes.length });

/** Begins an upload of a small text. */
export const beginUpload = (person: Person): Promise<AttachmentUpload> => begin(person, text);

/** Uploads a file. @returns its id; it is to be completed */
const upload = async (person: Person, file: File): Promise<string> => {
  const { attachment, upload: to } = await begin(person, file);
  const form = new FormData();
  for (const [name, value] of Object.entries(to.fields)) form.append(name, value);
  form.append('file', new Blob([file.bytes]));
  const { status } = await fetch(to.url, { method: 'POST', body: form });
  if (status !== 204) throw new Error(`The upload was answered ${status}`);
  return attachment.id;
};

/** Uploads a small text. @returns the id of the file, which is to be completed */
export const uploadText = (person: Person): Promise<string> => upload(person, text);

/** Uploads and completes a small picture for an avatar. @returns the id of the file */
export const newAvatar = async (person: Person): Promise<string> => {
  const file: File = { bytes: PIXEL, file_name: 'me.png', content_type: 'image/png', purpose: 'avatar' };
  const id = await upload(person, file);
  await succeed(person.api, 'POST', `/attachments/${id}/complete`, undefined);
  return id;
};
