import type { AttachmentUpload } from '../../functions/files/contract.ts';
import { succeed, type Person } from './population.ts';

const TEXT = new TextEncoder().encode('The mill turns.');

/** Begins an upload of a small text. */
export const beginUpload = ({ api }: Person): Promise<AttachmentUpload> =>
  succeed<AttachmentUpload>(api, 'POST', '/attachments', {
    file_name: 'mill.txt',
    content_type: 'text/plain',
    size: TEXT.length,
  });

/** Uploads a small text. @returns the id of the file, which is to be completed */
export const uploadText = async (person: Person): Promise<string> => {
  const { attachment, upload } = await beginUpload(person);
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append('file', new Blob([TEXT]));
  const { status } = await fetch(upload.url, { method: 'POST', body: form });
  if (status !== 204) throw new Error(`The upload was answered ${status}`);
  return attachment.id;
};
