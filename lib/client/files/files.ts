import type { ClientPlatform, PendingMessage, SendOptions } from '../chat-client.ts';
import type { Attachment, AttachmentUpload } from '../types.ts';

/** The used subset of a `Blob` or `File`, as browsers and Node.js have them. */
export interface BlobFile {
  readonly size: number;
  /** Its media type; empty when the platform does not know it. */
  readonly type: string;
  /** A `Blob` has no name. */
  readonly name?: string;
}

/** A file as React Native's pickers return it. */
export interface NativeFile {
  readonly uri: string;
  readonly name: string;
  readonly type: string;
  /** In bytes; without it the file is read once to determine its size. */
  readonly size?: number;
}

/** A file in the platform's representation. */
export type LocalFile = BlobFile | NativeFile;

/** The used subset of an `AbortSignal`. */
export interface UploadSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * The progress of an upload, in bytes. The total slightly exceeds the file's size, since the form's fields are sent,
 * too.
 */
export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

export interface PostOptions {
  readonly onProgress: (progress: UploadProgress) => void;
  readonly signal: UploadSignal;
}

/**
 * Posts a file with the form of its upload.
 *
 * @returns the status of the response
 * @throws TypeError when there is no response; an `AbortError` when the signal aborts it
 */
export type PostForm = (
  form: AttachmentUpload['upload'],
  file: LocalFile,
  name: string,
  options: PostOptions,
) => Promise<number>;

/** The storage for files of unsent messages, so that they survive a restart of the application. */
export interface FileStore {
  get(key: string): Promise<LocalFile | undefined>;
  set(key: string, file: LocalFile): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

export interface UploadOptions {
  /** `avatar` for the avatar of a user or a group; by default a message. */
  readonly purpose?: 'message' | 'avatar';
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: UploadSignal;
}

/** The upload progress of a message's file. */
export interface FileProgress extends UploadProgress {
  /** The `id` of the file in `files` of its `PendingMessage`. */
  readonly id: string;
}

export interface FilesOptions {
  /** IndexedDB in a browser; elsewhere files are lost with the client. */
  readonly store?: FileStore;
  readonly platform?: Partial<ClientPlatform>;
  /** `XMLHttpRequest` when available, else `fetch`. */
  readonly post?: PostForm;
}

/** Uploads the files of one client's user. */
export interface Files {
  /**
   * Uploads a file; its `id` can then be put into a message. Retries by itself when the network fails.
   *
   * @throws ChatError from the service (`file_too_large`, `storage_full`, `file_rejected`, …); `upload_refused` when
   *   the file storage host refuses it
   * @throws TypeError when the service cannot be reached
   * @throws Error with the name `AbortError`, or the reason of the signal
   */
  upload(file: LocalFile, options?: UploadOptions): Promise<Attachment>;
  /**
   * Puts a message with files into the outbox. The files are uploaded when the message's turn to be sent comes, also
   * after a restart. The client's `discard` aborts the upload.
   *
   * @param content may be empty
   * @throws ChatError when no user is logged in
   */
  send(chatId: number, content: string, files: readonly LocalFile[], options?: SendOptions): PendingMessage;
  /** A file of an unsent message, for display; undefined when this device does not have it any more. */
  load(id: string): Promise<LocalFile | undefined>;
  /** The progress of a file's upload, if it has begun. */
  progressOf(id: string): UploadProgress | undefined;
  /** @returns a function that removes the listener */
  onProgress(listener: (progress: FileProgress) => void): () => void;
}
