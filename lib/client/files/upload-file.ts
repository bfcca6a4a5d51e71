import type { AttachmentCalls } from '../api/attachment-calls.ts';
import { ChatError, type ClientPlatform } from '../chat-client.ts';
import { isPassing, waitOf } from '../http.ts';
import { backOffMs } from '../platform.ts';
import type { Attachment } from '../types.ts';
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

/**
 * Uploads a file: requests a form, posts the file, and completes the upload. Starts over when the network fails, or
 * when the host refuses the form, which is valid for 15 minutes; a failing completion is retried by itself.
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
  let id = '';
  let isPosted = false;
  const attempt = async (): Promise<Attachment> => {
    if (!isPosted) {
      const { attachment, upload } = await api.createAttachment({
        file_name,
        content_type: typeOfFile(file),
        size,
        ...(purpose && { purpose }),
      });
      ({ id } = attachment);
      if (signal.aborted) throw abortError(signal);
      const status = await post(upload, file, file_name, { onProgress, signal });
      if (status < 200 || status > 299) {
        throw uploadError('upload_refused', `The file could not be uploaded (${status}).`);
      }
      isPosted = true;
    }
    return api.completeAttachment(id);
  };
  for (let failures = 1; ; failures += 1) {
    if (signal.aborted) throw abortError(signal);
    try {
      const attachment = await attempt();
      if (!signal.aborted) return attachment;
    } catch (error) {
      if (error instanceof ChatError && error.code === 'upload_missing') isPosted = false;
      if (!signal.aborted) {
        if (failures >= ATTEMPTS || !isWorthRepeating(error)) throw error;
        await wait(Math.max(waitOf(error), backOffMs(failures, platform)), signal, platform);
      }
    }
    if (!signal.aborted) continue;
    if (id !== '') {
      api.deleteAttachment(id).catch(() => {
        // The service removes an attachment that was never sent after a day.
      });
    }
    throw abortError(signal);
  }
};
