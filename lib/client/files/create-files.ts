import { createAttachmentCalls } from '../api/attachment-calls.ts';
import { ChatError, type ChatClient, type PendingMessage } from '../chat-client.ts';
import { createEmitter } from '../emitter.ts';
import { newUuid, platformOf } from '../platform.ts';
import { platformFileStore } from './file-store.ts';
import type { FileProgress, Files, FilesOptions, FileStore, LocalFile, UploadProgress } from './files.ts';
import { nameOfFile, typeOfFile } from './local-file.ts';
import { postFormOf } from './post-form.ts';
import { dropUpload, uploadError, uploadFile } from './upload-file.ts';

/** How many uploads of one message run concurrently. */
const CONCURRENT_UPLOADS = 3;

/**
 * Adds files to a client. Must be called before `client.start`: messages with files wait for it.
 *
 * @param client its `logOut` decides what happens to unsent files, as it does for messages
 */
export const createFiles = (
  client: ChatClient,
  { store = platformFileStore(), platform: own, post }: FilesOptions = {},
): Files => {
  const platform = platformOf(own);
  const effects = { api: createAttachmentCalls(client), platform, post: post ?? postFormOf(platform) };
  const { on, emit } = createEmitter<{ progress: FileProgress }>();
  /** Files passed to this client, by key. */
  const held = new Map<string, LocalFile>();
  /** Uploads in flight, by `client_message_id`. */
  const running = new Map<string, { readonly done: Promise<string[]>; readonly abort: () => void }>();
  /** Attachment ids by file id: uploaded files of messages whose other files are still missing. */
  const uploaded = new Map<string, string>();
  const progress = new Map<string, UploadProgress>();
  /** The id of the user who owns these files. */
  let owner: number | undefined;

  const keyOf = (id: string): string => `${owner}/${id}`;

  /** Files are also kept in memory: when the storage fails or is full, files are lost only by a restart. */
  const inStore = async <Value>(run: (store: FileStore) => Promise<Value>): Promise<Value | undefined> => {
    try {
      return store && (await run(store));
    } catch {
      return undefined;
    }
  };

  const forget = (key: string): void => {
    held.delete(key);
    void inStore((one) => one.remove(key));
  };

  /**
   * Removes the user's files that belong to no message any more: the application may have died between removing a
   * message and its files.
   */
  const collect = async (): Promise<void> => {
    const prefix = keyOf('');
    const stored = (await inStore((one) => one.keys())) ?? [];
    if (prefix !== keyOf('')) return;
    const wanted = new Set(client.pending().flatMap(({ files = [] }) => files.map(({ id }) => keyOf(id))));
    for (const key of stored) if (key.startsWith(prefix) && !wanted.has(key)) forget(key);
  };

  const follow = (): void => {
    const id = client.state === 'signed-out' ? undefined : client.user?.id;
    if (id === owner) return;
    for (const { abort } of running.values()) abort();
    uploaded.clear();
    progress.clear();
    owner = id;
    if (id !== undefined) void collect();
  };

  const load = async (id: string): Promise<LocalFile | undefined> => {
    const key = keyOf(id);
    return held.get(key) ?? inStore((one) => one.get(key));
  };

  const uploadAll = async (pending: PendingMessage, controller: AbortController): Promise<string[]> => {
    const files = pending.files ?? [];
    const { signal } = controller;
    const waiting = [...files];
    const work = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const { id, name } = one;
        if (uploaded.has(id)) continue;
        const file = await load(id);
        try {
          if (file === undefined) {
            throw uploadError('file_missing', 'The file is not on this device any more. Choose it again.');
          }
          const onProgress = (now: UploadProgress): void => {
            progress.set(id, now);
            emit('progress', { id, ...now });
          };
          uploaded.set(id, (await uploadFile(file, { signal, onProgress }, effects)).id);
        } catch (error) {
          // The message's other files wait for the next attempt.
          controller.abort(error);
          throw error instanceof ChatError
            ? new ChatError({
                detail: `“${name}”: ${error.message}`,
                status_code: error.status,
                code: error.code,
                retry_after: error.retryAfter,
              })
            : error;
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_UPLOADS }, work));
    const ids = files.map(({ id }) => uploaded.get(id) ?? '');
    // A retry uploads the files again: the service may have deleted them meanwhile.
    for (const { id } of files) uploaded.delete(id);
    return ids;
  };

  client.on('state', follow);
  client.on('outbox', ({ pending: { client_message_id: id, files } }) => {
    if (files === undefined || client.pending().some((one) => one.client_message_id === id)) return;
    running.get(id)?.abort();
    for (const file of files) {
      const attachmentId = uploaded.get(file.id);
      if (attachmentId !== undefined) void dropUpload(attachmentId, effects.api);
      uploaded.delete(file.id);
      progress.delete(file.id);
      forget(keyOf(file.id));
    }
  });
  // Another tab of the user, with the same storage, has sent a message, and removed its files. What this client has sent
  // itself is acknowledged.
  client.on('message', ({ message: { client_message_id: id, chat_id: chatId, sender_id: sender } }) => {
    if (sender !== client.user?.id) return;
    const pending = client.pending(chatId).find((one) => one.files && one.client_message_id === id);
    if (!pending) return;
    if (pending.state === 'failed' || !pending.attachment_ids) client.discard(pending.client_message_id);
  });
  client.uploadBy((pending) => {
    const { client_message_id: id } = pending;
    const before = running.get(id);
    if (before !== undefined) return before.done;
    const controller = new AbortController();
    const done = uploadAll(pending, controller).finally(() => running.delete(id));
    running.set(id, { done, abort: () => controller.abort() });
    return done;
  });
  follow();

  return {
    upload: (file, { onProgress = () => undefined, signal = new AbortController().signal, ...rest } = {}) =>
      uploadFile(file, { ...rest, onProgress, signal }, effects),
    send: (chatId, content, files, options) => {
      follow();
      const named = files.map((file) => ({
        id: newUuid(platform),
        name: nameOfFile(file),
        type: typeOfFile(file),
        size: file.size ?? 0,
      }));
      // Stored before the message, since the message's listeners may ask for its files.
      if (owner !== undefined) {
        for (const [index, { id }] of named.entries()) {
          const [key, file] = [keyOf(id), files[index] as LocalFile];
          held.set(key, file);
          void inStore((one) => one.set(key, file));
        }
      }
      return client.send(chatId, content, { ...options, ...(named.length > 0 && { files: named }) });
    },
    load,
    progressOf: (id) => progress.get(id),
    onProgress: (listener) => on('progress', listener),
  };
};
