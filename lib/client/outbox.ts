import type { Message } from '../../functions/contract/schemas.ts';
import type { sendMessage } from '../../functions/messages/contract.ts';
import { ChatError, type ClientPlatform, type PendingMessage } from './chat-client.ts';
import type { BodyOf, ClientFrameOf } from './contract.ts';
import { isPassing } from './http.ts';
import { backOffMs, newUuid } from './platform.ts';
import { notLoggedIn } from './session.ts';
import type { Store } from './store.ts';

export interface Outbox {
  /**
   * Takes up what a user has not sent.
   *
   * @param isResumed whether the session was found in the storage: what versions before this one stored there, without
   *   an owner, is of the same user. Beside another session it is dropped
   */
  readonly load: (userId: number, isResumed?: boolean) => Promise<void>;
  /** Lets go of the user's messages; they wait, in the storage, until `load` for the same user. */
  readonly unload: () => void;
  /** Forgets the user's messages. */
  readonly clear: () => Promise<void>;
  /** @throws ChatError without a user */
  readonly add: (chatId: number, content: string) => PendingMessage;
  readonly retry: (clientMessageId: string) => void;
  readonly discard: (clientMessageId: string) => void;
  readonly list: (chatId?: number) => readonly PendingMessage[];
  /** The way is open: sends what waits. */
  readonly open: () => void;
  /** The way is closed: what was on it waits for the next one. */
  readonly close: () => void;
  /** The service acknowledged a message. */
  readonly acknowledged: (clientMessageId: string, message: Message) => void;
  /** The service refused a message. @returns whether it was one of these */
  readonly refused: (clientMessageId: string, error: ChatError) => boolean;
}

export interface OutboxEffects {
  readonly store: Store;
  readonly platform: ClientPlatform;
  /** @returns whether there was a socket to put it on */
  readonly sendFrame: (frame: ClientFrameOf<'message'>) => boolean;
  /** @throws ChatError, TypeError */
  readonly sendByHttp: (body: BodyOf<typeof sendMessage>) => Promise<Message>;
  /** No answer came: the socket is dead, whatever it says. */
  readonly onSilence: () => void;
  readonly onChange: (pending: PendingMessage, message?: Message) => void;
}

/** Of what versions stored that knew no owners; the outbox of a user is behind it. */
const KEY = 'chat-service/outbox';

/** Those of the stored entries that are messages: the rest is of another version, or broken. */
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

/** What one user has not sent. */
interface Box {
  readonly key: string;
  readonly entries: Map<string, PendingMessage>;
  /** Ids of those that may still be stored, and should not be. */
  readonly gone: Set<string>;
}

/** API Gateway's limit is 32 KB a frame. */
const FRAME_BYTES_MAX = 30 * 1024;
/** Of one UTF-16 unit in UTF-8, at most. */
const BYTES_PER_UNIT = 3;

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * What is to be sent, in the storage before it is on its way and until it is acknowledged. A chat's messages go one
 * after the other, so that they arrive in the order of writing; one that is sent twice is stored once, for the
 * service knows it by its `client_message_id`.
 */
export const createOutbox = (effects: OutboxEffects): Outbox => {
  const { store, platform } = effects;
  const boxes = new Map<number, Box>();
  let box: Box | undefined;
  let entries = new Map<string, PendingMessage>();
  /** By chat: the message that is on its way, with the timer that waits for its answer or for the next attempt. */
  const underway = new Map<number, { readonly id: string; timer: unknown }>();
  const failures = new Map<string, number>();
  let isOpen = false;

  /** Stores a box. What another tab of the same user has stored beside it stays: that tab sends it. */
  const save = async (): Promise<void> => {
    if (box === undefined) return;
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

  const release = (chatId: number): void => {
    platform.clearTimeout(underway.get(chatId)?.timer);
    underway.delete(chatId);
  };

  const wait = (entry: PendingMessage, ms: number, run: () => void): void => {
    const own = underway.get(entry.chat_id);
    if (own?.id !== entry.client_message_id) return;
    platform.clearTimeout(own.timer);
    own.timer = platform.setTimeout(run, ms);
  };

  const remove = (entry: PendingMessage, message?: Message): void => {
    entries.delete(entry.client_message_id);
    box?.gone.add(entry.client_message_id);
    failures.delete(entry.client_message_id);
    void save();
    if (underway.get(entry.chat_id)?.id === entry.client_message_id) release(entry.chat_id);
    effects.onChange(entry, message);
    next(entry.chat_id);
  };

  const change = (entry: PendingMessage): void => {
    // Of a user who is not logged in any more: it is sent, and refused, again when they are.
    if (!entries.has(entry.client_message_id)) return;
    entries.set(entry.client_message_id, entry);
    void save();
    effects.onChange(entry);
  };

  const tryAgain = (entry: PendingMessage, seconds: number | undefined): void => {
    const count = failures.get(entry.client_message_id) ?? 0;
    failures.set(entry.client_message_id, count + 1);
    wait(entry, Math.max((seconds ?? 0) * 1000, backOffMs(count, platform)), () => {
      release(entry.chat_id);
      next(entry.chat_id);
    });
  };

  const refused = (entry: PendingMessage, error: ChatError): void => {
    if (isPassing(error)) {
      tryAgain(entry, error.retryAfter);
      return;
    }
    if (underway.get(entry.chat_id)?.id === entry.client_message_id) release(entry.chat_id);
    change({ ...entry, state: 'failed', error: { code: error.code, detail: error.message } });
    next(entry.chat_id);
  };

  const transmit = async (entry: PendingMessage): Promise<void> => {
    const { chat_id, content, client_message_id } = entry;
    const body = { chat_id, content, client_message_id };
    const frame = { type: 'message' as const, ...body };
    if (JSON.stringify(frame).length * BYTES_PER_UNIT <= FRAME_BYTES_MAX) {
      wait(entry, ANSWER_TIMEOUT_MS, effects.onSilence);
      effects.sendFrame(frame);
      return;
    }
    try {
      const message = await effects.sendByHttp(body);
      const now = entries.get(client_message_id);
      if (now !== undefined) remove(now, message);
    } catch (error) {
      if (error instanceof ChatError && error.status !== 401) refused(entry, error);
      else tryAgain(entry, undefined);
    }
  };

  const next = (chatId: number): void => {
    if (!isOpen || underway.has(chatId)) return;
    const entry = [...entries.values()].find((one) => one.chat_id === chatId && one.state === 'sending');
    if (entry === undefined) return;
    underway.set(chatId, { id: entry.client_message_id, timer: undefined });
    void transmit(entry);
  };

  const sendOnceSaved = async (chatId: number): Promise<void> => {
    await save();
    next(chatId);
  };

  const close = (): void => {
    isOpen = false;
    for (const chatId of underway.keys()) release(chatId);
  };

  const unload = (): void => {
    close();
    failures.clear();
    box = undefined;
    entries = new Map();
  };

  return {
    load: async (userId, isResumed = false) => {
      const key = `${KEY}/${userId}`;
      box = boxes.get(userId) ?? { key, entries: new Map(), gone: new Set() };
      boxes.set(userId, box);
      entries = box.entries;
      const own = box;
      const unowned = await store.read(KEY);
      for (const entry of [...entriesIn(await store.read(key)), ...(isResumed ? entriesIn(unowned) : [])]) {
        const id = entry.client_message_id;
        if (!own.gone.has(id) && !own.entries.has(id)) own.entries.set(id, entry);
      }
      if (unowned === undefined) return;
      await save();
      await store.update(KEY, () => undefined);
    },
    unload,
    clear: async () => {
      for (const id of entries.keys()) box?.gone.add(id);
      entries.clear();
      const saved = save();
      unload();
      await saved;
    },
    add: (chatId, content) => {
      if (box === undefined) throw notLoggedIn();
      const entry: PendingMessage = {
        client_message_id: newUuid(platform),
        chat_id: chatId,
        content,
        created_at: new Date(platform.now()).toISOString(),
        state: 'sending',
      };
      entries.set(entry.client_message_id, entry);
      // Stored before it is sent, so that an application that dies in between sends it once and not never.
      void sendOnceSaved(chatId);
      effects.onChange(entry);
      return entry;
    },
    retry: (clientMessageId) => {
      const entry = entries.get(clientMessageId);
      if (entry?.state !== 'failed') return;
      const { error: _, ...rest } = entry;
      change({ ...rest, state: 'sending' });
      next(entry.chat_id);
    },
    discard: (clientMessageId) => {
      const entry = entries.get(clientMessageId);
      if (entry !== undefined) remove(entry);
    },
    list: (chatId) =>
      [...entries.values()].filter((entry) => chatId === undefined || entry.chat_id === chatId),
    open: () => {
      isOpen = true;
      for (const chatId of new Set([...entries.values()].map((entry) => entry.chat_id))) next(chatId);
    },
    close,
    acknowledged: (clientMessageId, message) => {
      const entry = entries.get(clientMessageId);
      if (entry !== undefined) remove(entry, message);
    },
    refused: (clientMessageId, error) => {
      const entry = entries.get(clientMessageId);
      if (entry !== undefined) refused(entry, error);
      return entry !== undefined;
    },
  };
};
