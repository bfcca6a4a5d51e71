import type { AttachmentCalls } from '../api/attachment-calls.ts';
import { ChatError, type ClientPlatform } from '../chat-client.ts';
import { isPassing, waitOf } from '../http.ts';
import { backOffMs } from '../platform.ts';
import type { Attachment, AttachmentUpload } from '../types.ts';
import type { LocalFile, PostForm, PostOptions, UploadOptions, UploadSignal } from './files.ts';
import { nameOfFile, typeOfFile } from './local-file.ts';
import { abortError } from './post-form.ts';

export interface UploadEffects {
  readonly api: Omit<AttachmentCalls, 'getAttachment'>;
  readonly platform: ClientPlatform;
  readonly post: PostForm;
}

const ATTEMPTS = 4;
/** When the service asks to wait for longer than this, in milliseconds, the error goes to the caller instead. */
const WAIT_MAX_MS = 60_000;

/** An error of an upload that does not come from the service. */
export const uploadError = (code: 'file_missing' | 'upload_refused', detail: string): ChatError =>
  new ChatError({ detail, status_code: 0, code });

const isWorthRepeating = (error: unknown): boolean =>
  error instanceof ChatError
    ? (isPassing(error) && waitOf(error) <= WAIT_MAX_MS) ||
      error.code === 'upload_missing' ||
      error.code === 'upload_refused'
    : error instanceof TypeError;

const wait = (ms: number, signal: UploadSignal, platform: ClientPlatform): Promise<void> =>
  new Promise((resolve) => {
    const timer = platform.setTimeout(() => end(), ms);
    const end = (): void => {
      platform.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
  });

/**
 * The size of a file in bytes. React Native's pickers do not always provide it. @throws ChatError when the file
 * cannot be read
 */
const sizeOf = async (file: LocalFile): Promise<number> => {
  if (file.size !== undefined) return file.size;
  try {
    return (await (await fetch((file as { readonly uri: string }).uri)).blob()).size;
  } catch {
    throw uploadError('file_missing', 'The file cannot be read any more. Choose it again.');
  }
};

/** Takes back an upload, which otherwise takes up storage for a day. Never throws. */
export const dropUpload = async (
  id: string,
  api: Pick<AttachmentCalls, 'deleteAttachment'>,
): Promise<void> => {
  try {
    await api.deleteAttachment(id);
  } catch {
    // The service removes an attachment that was never sent after a day.
  }
};

/**
 * Uploads a file: requests a form, posts the file, and completes the upload. Repeats the step that failed; requests
 * another form when the host refuses the first one, which is valid for 15 minutes.
 *
 * @throws ChatError, TypeError after the last attempt; an `AbortError`
 */
export const uploadFile = async (
  file: LocalFile,
  { onProgress, signal, purpose }: PostOptions & Pick<UploadOptions, 'purpose'>,
  { api, platform, post }: UploadEffects,
): Promise<Attachment> => {
  const size = await sizeOf(file);
  const file_name = nameOfFile(file);
  /** The attachment that was begun last, and whether its file has been posted. */
  let begun: AttachmentUpload | undefined;
  let isPosted = false;
  const drop = async (): Promise<void> => {
    if (begun !== undefined) await dropUpload(begun.attachment.id, api);
    begun = undefined;
  };
  const attempt = async (): Promise<Attachment> => {
    begun ??= await api.createAttachment({
      file_name,
      content_type: typeOfFile(file),
      size,
      ...(purpose && { purpose }),
    });
    const { attachment, upload } = begun;
    if (!isPosted) {
      if (signal.aborted) throw abortError(signal);
      const status = await post(upload, file, file_name, { onProgress, signal });
      if (status < 200 || status > 299) {
        // Awaited, since the quota may have no room for both this upload and the next one.
        await drop();
        throw uploadError('upload_refused', `The file could not be uploaded (${status}).`);
      }
      isPosted = true;
    }
    return api.completeAttachment(attachment.id);
  };
  for (let failures = 1; ; failures += 1) {
    if (signal.aborted) throw abortError(signal);
    try {
      const attachment = await attempt();
      if (!signal.aborted) return attachment;
    } catch (error) {
      if (error instanceof ChatError && error.code === 'upload_missing') isPosted = false;
      if (!signal.aborted) {
        if (failures >= ATTEMPTS || !isWorthRepeating(error)) {
          await drop();
          throw error;
        }
        await wait(Math.max(waitOf(error), backOffMs(failures, platform)), signal, platform);
      }
    }
    if (!signal.aborted) continue;
    void drop();
    throw abortError(signal);
  }
};
