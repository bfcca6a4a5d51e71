import type { ClientPlatform } from '../chat-client.ts';
import type { LocalFile, PostForm, UploadSignal } from './files.ts';

/** The used subset of an `XMLHttpRequest`. */
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

/** An upload without progress for this long is treated as a network failure, in milliseconds. */
const STALLED_MS = 60_000;

/** The error with which an aborted upload rejects. */
export const abortError = ({ reason }: UploadSignal): Error =>
  reason instanceof Error
    ? reason
    : Object.assign(new Error('The upload was aborted.'), { name: 'AbortError' });

/** The used subset of `FormData`: React Native's accepts a picker's file instead of a `Blob`. */
interface Form {
  append(name: string, value: unknown, fileName?: string): void;
}

const formOf = (fields: Readonly<Record<string, string>>, file: LocalFile, name: string): Form => {
  const form: Form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  // Must come last: S3 ignores fields after the file.
  form.append('file', file, name);
  return form;
};

/** Uses `XMLHttpRequest`, the only API that reports upload progress. */
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

/** Uses `fetch` when there is no `XMLHttpRequest`, as in Node.js. */
const byFetch: PostForm = async ({ url, fields }, file, name, { onProgress, signal }) => {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal.addEventListener('abort', abort);
  const total = file.size ?? 0;
  try {
    onProgress({ sent: 0, total });
    // Node 24 throws outside of any promise when the signal of a request with a form is already aborted.
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

/** The platform's implementation of posting a form. */
export const postFormOf = (platform: ClientPlatform): PostForm => {
  const { XMLHttpRequest: Request } = globalThis as { XMLHttpRequest?: new () => Xhr };
  return Request === undefined ? byFetch : byXhr(Request, platform);
};
