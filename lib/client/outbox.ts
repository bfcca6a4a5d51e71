import type { Message } from '../../functions/contract/schemas.ts';
import type { sendMessage } from '../../functions/messages/contract.ts';
import {
  ChatError,
  type ChatClient,
  type ClientEvents,
  type ClientPlatform,
  type PendingMessage,
  type SendOptions,
} from './chat-client.ts';
import type { Connection } from './connection.ts';
import type { BodyOf } from './contract.ts';
import type { Emitter } from './emitter.ts';
import { isPassing, waitOf } from './http.ts';
import { backOffMs, newUuid } from './platform.ts';
import { notLoggedIn } from './session.ts';
import type { Store } from './store.ts';
import { createTimers } from './timers.ts';

export interface Outbox {
  /** Loads a user's unsent messages. */
  readonly load: (userId: number) => Promise<void>;
  /** Unloads the user's messages; they stay in the storage until `load` for the same user. */
  readonly unload: () => void;
  /** Deletes the user's messages. */
  readonly clear: () => Promise<void>;
  /** @throws ChatError when no user is logged in */
  readonly add: (chatId: number, content: string, options?: SendOptions) => PendingMessage;
  readonly retry: (clientMessageId: string) => void;
  readonly discard: (clientMessageId: string) => void;
  readonly uploadBy: ChatClient['uploadBy'];
  readonly list: (chatId?: number) => readonly PendingMessage[];
  /** The client is online: sends the waiting messages. */
  readonly open: () => void;
  /** The client is offline: unacknowledged messages wait for the next `open`. */
  readonly close: () => void;
  /** The service acknowledged a message. */
  readonly acknowledged: (clientMessageId: string, message: Message) => void;
  /** The service refused a message. @returns whether the message is in the outbox */
  readonly refused: (clientMessageId: string, error: ChatError) => boolean;
}

export interface OutboxEffects {
  readonly store: Store;
  readonly platform: ClientPlatform;
  /** Reconnects when the service does not respond in time: the socket is dead although it reports to be open. */
  readonly connection: Pick<Connection, 'send' | 'reconnect'>;
  /** @throws ChatError, TypeError */
  readonly sendByHttp: (body: BodyOf<typeof sendMessage>) => Promise<Message>;
  readonly emit: Emitter<ClientEvents>['emit'];
}

/** The prefix of the storage keys of users' outboxes. */
const KEY = 'chat-service/outbox';

/** The valid messages among the stored entries; skips entries of another version, and corrupt ones. */
const entriesIn = (stored: unknown): PendingMessage[] =>
  Array.isArray(stored)
    ? (stored as PendingMessage[]).filter(
        (entry) =>
          typeof entry?.client_message_id === 'string' &&
          typeof entry.chat_id === 'number' &&
          typeof entry.content === 'string' &&
          (entry.state === 'sending' || entry.state === 'failed'),
      )
    : [];

/** One user's unsent messages. */
interface Box {
  readonly key: string;
  readonly entries: Map<string, PendingMessage>;
  /** Ids of removed messages that may still be in the storage. */
  readonly gone: Set<string>;
}

/** Stays below API Gateway's limit of 32 KB per frame. */
const FRAME_BYTES_MAX = 30 * 1024;
/** The most UTF-8 bytes that one UTF-16 code unit takes. */
const BYTES_PER_UNIT = 3;

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Unsent messages: in the storage before they are sent and until the service acknowledges them. The messages of a
 * chat are sent one after the other, so that they arrive in the order of writing. A message that is sent twice is
 * stored once, since the service recognises its `client_message_id`.
 */
export const createOutbox = ({ store, platform, connection, sendByHttp, emit }: OutboxEffects): Outbox => {
  const boxes = new Map<number, Box>();
  let box: Box | undefined;
  let entries = new Map<string, PendingMessage>();
  /** The message in flight, by chat id. */
  const underway = new Map<number, { readonly id: string }>();
  /** Timers until a response is due, or until the next attempt, by chat id. */
  const timers = createTimers<number>(platform);
  const failures = new Map<string, number>();
  let isOpen = false;
  let uploadBy!: Outbox['uploadBy'];
  const uploader = new Promise<Parameters<typeof uploadBy>[0]>((resolve) => {
    uploadBy = resolve;
  });

  /** Saves the outbox. Keeps messages that another tab of the same user has stored: that tab sends them. */
  const save = async (): Promise<void> => {
    if (!box) return;
    const { key, entries: own, gone } = box;
    await store.update(key, (stored) => {
      const found = entriesIn(stored);
      const all = [
        ...found.filter(({ client_message_id: id }) => !own.has(id) && !gone.has(id)),
        ...own.values(),
      ];
      for (const id of gone) if (!found.some((entry) => entry.client_message_id === id)) gone.delete(id);
      return all.length === 0 ? undefined : all;
    });
  };

  const isUnderway = (entry: PendingMessage): boolean =>
    underway.get(entry.chat_id)?.id === entry.client_message_id;

  const release = (chatId: number): void => {
    timers.stop(chatId);
    underway.delete(chatId);
  };

  const wait = (entry: PendingMessage, ms: number, run: () => void): void => {
    if (isUnderway(entry)) timers.set(entry.chat_id, ms, run);
  };

  /** Removes a message. @param message present when the service acknowledged it */
  const remove = (id: string, message?: Message): void => {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    box?.gone.add(id);
    failures.delete(id);
    void save();
    if (isUnderway(entry)) release(entry.chat_id);
    emit('outbox', { pending: entry, ...(message && { message }) });
    next(entry.chat_id);
  };

  const change = (entry: PendingMessage): void => {
    // The user has logged out since: after the next log-in the message is sent and refused again.
    if (!entries.has(entry.client_message_id)) return;
    entries.set(entry.client_message_id, entry);
    void save();
    emit('outbox', { pending: entry });
  };

  const tryAgain = (entry: PendingMessage, error: unknown): void => {
    const count = failures.get(entry.client_message_id) ?? 0;
    failures.set(entry.client_message_id, count + 1);
    wait(entry, Math.max(waitOf(error), backOffMs(count, platform)), () => {
      release(entry.chat_id);
      next(entry.chat_id);
    });
  };

  const refused = (entry: PendingMessage, error: ChatError): void => {
    if (isPassing(error)) return tryAgain(entry, error);
    if (isUnderway(entry)) release(entry.chat_id);
    change({ ...entry, state: 'failed', error: { code: error.code, detail: error.message } });
    next(entry.chat_id);
  };

  const transmit = async (entry: PendingMessage): Promise<void> => {
    const own = underway.get(entry.chat_id);
    try {
      if (entry.files && !entry.attachment_ids) {
        const attachment_ids = await (await uploader)(entry);
        // The message was discarded, or the client went offline: the next `open` continues.
        if (underway.get(entry.chat_id) !== own) return;
        entry = { ...entry, attachment_ids };
        change(entry);
      }
      const { created_at: _, state: __, error: ___, files: ____, ...body } = entry;
      const frame = { type: 'message' as const, ...body };
      if (JSON.stringify(frame).length * BYTES_PER_UNIT <= FRAME_BYTES_MAX) {
        wait(entry, ANSWER_TIMEOUT_MS, connection.reconnect);
        connection.send(frame);
        return;
      }
      const message = await sendByHttp(body);
      remove(body.client_message_id, message);
    } catch (error) {
      if (error instanceof ChatError && error.status !== 401) refused(entry, error);
      else tryAgain(entry, error);
    }
  };

  const next = (chatId: number): void => {
    if (!isOpen || underway.has(chatId)) return;
    const entry = [...entries.values()].find((one) => one.chat_id === chatId && one.state === 'sending');
    if (!entry) return;
    underway.set(chatId, { id: entry.client_message_id });
    void transmit(entry);
  };

  const sendOnceSaved = async (chatId: number): Promise<void> => {
    await save();
    next(chatId);
  };

  const close = (): void => {
    isOpen = false;
    timers.stopAll();
    underway.clear();
  };

  const unload = (): void => {
    close();
    failures.clear();
    box = undefined;
    entries = new Map();
  };

  return {
    load: async (userId) => {
      const key = `${KEY}/${userId}`;
      box = boxes.get(userId) ?? { key, entries: new Map(), gone: new Set() };
      boxes.set(userId, box);
      entries = box.entries;
      const own = box;
      for (const entry of entriesIn(await store.read(key))) {
        const id = entry.client_message_id;
        if (!own.gone.has(id) && !own.entries.has(id)) own.entries.set(id, entry);
      }
    },
    unload,
    clear: async () => {
      for (const [id, entry] of entries) {
        box?.gone.add(id);
        entries.delete(id);
        emit('outbox', { pending: entry });
      }
      const saved = save();
      unload();
      await saved;
    },
    add: (chatId, content, options) => {
      if (!box) throw notLoggedIn();
      const entry: PendingMessage = {
        ...options,
        client_message_id: options?.client_message_id ?? newUuid(platform),
        chat_id: chatId,
        content,
        created_at: new Date(platform.now()).toISOString(),
        state: 'sending',
      };
      entries.set(entry.client_message_id, entry);
      // Sent only once it is stored: when the application dies before that, its next start sends the message.
      void sendOnceSaved(chatId);
      emit('outbox', { pending: entry });
      return entry;
    },
    retry: (clientMessageId) => {
      const entry = entries.get(clientMessageId);
      if (entry?.state !== 'failed') return;
      const { error: _, ...rest } = entry;
      // The files are uploaded again, since the service may have deleted them.
      change({ ...rest, attachment_ids: rest.files ? undefined : rest.attachment_ids, state: 'sending' });
      next(entry.chat_id);
    },
    discard: (clientMessageId) => remove(clientMessageId),
    uploadBy,
    list: (chatId) =>
      [...entries.values()].filter((entry) => chatId === undefined || entry.chat_id === chatId),
    open: () => {
      isOpen = true;
      for (const { chat_id } of entries.values()) next(chat_id);
    },
    close,
    acknowledged: remove,
    refused: (clientMessageId, error) => {
      const entry = entries.get(clientMessageId);
      if (entry) refused(entry, error);
      return !!entry;
    },
  };
};
