import type { ClientPlatform } from '../chat-client.ts';
import type { LocalFile, PostForm, UploadSignal } from './files.ts';

/** The used part of an `XMLHttpRequest`. */
interface Xhr {
  readonly status: number;
  readonly upload: {
    addEventListener(
      type: 'progress',
      listener: (event: { readonly loaded: number; readonly total: number }) => void,
    ): void;
  };
  addEventListener(type: 'load' | 'error' | 'abort', listener: () => void): void;
  open(method: string, url: string): void;
  send(body: unknown): void;
  abort(): void;
}

/** A network that has taken nothing for so long is away. */
const STALLED_MS = 60_000;

/** What an upload that was aborted is rejected with. */
export const abortError = ({ reason }: UploadSignal): Error =>
  reason instanceof Error
    ? reason
    : Object.assign(new Error('The upload was aborted.'), { name: 'AbortError' });

/** The used part of `FormData`: React Native's takes what a picker gives in the place of a `Blob`. */
interface Form {
  append(name: string, value: unknown, fileName?: string): void;
}

const formOf = (fields: Readonly<Record<string, string>>, file: LocalFile, name: string): Form => {
  const form: Form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  // Last: S3 ignores what comes after it.
  form.append('file', file, name);
  return form;
};

/** By `XMLHttpRequest`, which alone tells how far an upload is. */
const byXhr =
  (Request: new () => Xhr, { setTimeout, clearTimeout }: ClientPlatform): PostForm =>
  ({ url, fields }, file, name, { onProgress, signal }) =>
    new Promise((resolve, reject) => {
      const request = new Request();
      const abort = (): void => request.abort();
      let timer: unknown;
      const watch = (): void => {
        clearTimeout(timer);
        timer = setTimeout(abort, STALLED_MS);
      };
      const settle = (run: () => void) => (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        run();
      };
      const fail = (): void =>
        reject(signal.aborted ? abortError(signal) : new TypeError('The file could not be uploaded.'));
      request.open('POST', url);
      request.upload.addEventListener('progress', ({ loaded, total }) => {
        watch();
        onProgress({ sent: loaded, total });
      });
      request.addEventListener(
        'load',
        settle(() => resolve(request.status)),
      );
      request.addEventListener('error', settle(fail));
      request.addEventListener('abort', settle(fail));
      signal.addEventListener('abort', abort);
      watch();
      request.send(formOf(fields, file, name));
    });

/** By `fetch`, where there is nothing else: as in Node.js. */
const byFetch: PostForm = async ({ url, fields }, file, name, { onProgress, signal }) => {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal.addEventListener('abort', abort);
  const total = file.size ?? 0;
  try {
    onProgress({ sent: 0, total });
    // Node 24 fails outside of any promise when the signal of a request with a form is aborted already.
    if (signal.aborted) throw abortError(signal);
    const { status } = await fetch(url, {
      method: 'POST',
      body: formOf(fields, file, name) as FormData,
      signal: controller.signal,
    });
    onProgress({ sent: total, total });
    return status;
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    throw new TypeError('The file could not be uploaded.', { cause: error });
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** The platform's way to post a form. */
export const postFormOf = (platform: ClientPlatform): PostForm => {
  const { XMLHttpRequest: Request } = globalThis as { XMLHttpRequest?: new () => Xhr };
  return Request === undefined ? byFetch : byXhr(Request, platform);
};
