import type { ClientPlatform, PendingMessage, SendOptions } from '../chat-client.ts';
import type { Attachment, AttachmentUpload } from '../types.ts';

/** The used part of a `Blob` or `File`, as browsers and Node.js have them. */
export interface BlobFile {
  readonly size: number;
  /** Its media type; empty when the platform does not know it. */
  readonly type: string;
  /** A `Blob` has no name. */
  readonly name?: string;
}

/** What a picker of React Native gives. */
export interface NativeFile {
  readonly uri: string;
  readonly name: string;
  readonly type: string;
  /** In bytes; without it the file is read once to be measured. */
  readonly size?: number;
}

/** A file as its platform has it. */
export type LocalFile = BlobFile | NativeFile;

/** The used part of an `AbortSignal`. */
export interface UploadSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How far an upload is, in bytes. A little more than the file is sent: the fields of the form. */
export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

export interface PostOptions {
  readonly onProgress: (progress: UploadProgress) => void;
  readonly signal: UploadSignal;
}

/**
 * Posts a file to where the form of its upload says.
 *
 * @returns the status of the answer
 * @throws TypeError when there is none; an `AbortError` when the signal says so
 */
export type PostForm = (
  form: AttachmentUpload['upload'],
  file: LocalFile,
  name: string,
  options: PostOptions,
) => Promise<number>;

/** Where the files of messages on their way are kept, so that they survive a restart of the application. */
export interface FileStore {
  get(key: string): Promise<LocalFile | undefined>;
  set(key: string, file: LocalFile): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

export interface UploadOptions {
  /** `avatar` for the picture of somebody or of a group; a message otherwise. */
  readonly purpose?: 'message' | 'avatar';
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: UploadSignal;
}

/** How far the upload of a file of a message is. */
export interface FileProgress extends UploadProgress {
  /** The `id` of the file in `files` of its `PendingMessage`. */
  readonly id: string;
}

export interface FilesOptions {
  /** IndexedDB in a browser; elsewhere files are forgotten with the client. */
  readonly store?: FileStore;
  readonly platform?: Partial<ClientPlatform>;
  /** By `XMLHttpRequest` where there is one, else by `fetch`. */
  readonly post?: PostForm;
}

/** Uploads the files of one client's user. */
export interface Files {
  /**
   * Uploads a file, which is then to be sent by its `id`. Tries again by itself when the network fails.
   *
   * @throws ChatError from the service (`file_too_large`, `storage_full`, `file_rejected`, …); `upload_refused` when the
   *   host of files refuses it
   * @throws TypeError when the service cannot be reached
   * @throws Error with the name `AbortError`, or the reason of the signal
   */
  upload(file: LocalFile, options?: UploadOptions): Promise<Attachment>;
  /**
   * Puts a message with files in the outbox. They are uploaded when it is the message's turn, also after a restart.
   * `discard` of the client aborts it.
   *
   * @param content may be empty
   * @throws ChatError when nobody is logged in
   */
  send(chatId: number, content: string, files: readonly LocalFile[], options?: SendOptions): PendingMessage;
  /** A file of a message on its way, to be shown; undefined when this device has it no more. */
  load(id: string): Promise<LocalFile | undefined>;
  /** How far the upload of a file is, if it has begun. */
  progressOf(id: string): UploadProgress | undefined;
  /** @returns a function that ends it */
  onProgress(listener: (progress: FileProgress) => void): () => void;
}
