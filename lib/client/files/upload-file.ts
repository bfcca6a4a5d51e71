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
/** Whoever is asked to wait for longer is told. */
const WAIT_MAX_MS = 60_000;

/** What an upload fails with that the service knows nothing of. */
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

/** Bytes of a file. React Native's pickers do not always say. @throws ChatError when it cannot be read */
const sizeOf = async (file: LocalFile): Promise<number> => {
  if (file.size !== undefined) return file.size;
  try {
    return (await (await fetch((file as { readonly uri: string }).uri)).blob()).size;
  } catch {
    throw uploadError('file_missing', 'The file cannot be read any more. Choose it again.');
  }
};

/**
 * Uploads a file: asks for a form, posts the file, and completes it. Begins anew when the network fails, or when the
 * host refuses the form, which works for 15 minutes only; completing is repeated by itself.
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
  /** The attachment that was begun last, and whether its file is where the form put it. */
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
        // What was never sent goes after a day.
      });
    }
    throw abortError(signal);
  }
};
