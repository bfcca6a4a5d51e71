import type { listChats } from '../../functions/chats/contract.ts';
import type { sync as syncRoute, SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, Message } from '../../functions/contract/schemas.ts';
import type { ClientPlatform } from './chat-client.ts';
import type { ChatList } from './chat-list.ts';
import type { Call, ServerFrameOf } from './contract.ts';
import { waitOf } from './http.ts';
import type { Store } from './store.ts';
import { createTimers } from './timers.ts';
import { isWhole } from './whole-message.ts';

/** A message in the form in which an event contains it. */
type EventMessage = ServerFrameOf<'new_message'>['message'];

export interface Replica {
  /** @param userId the user whose cursors are loaded */
  readonly load: (userId: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  /** A message was created or changed, according to an event or a response. */
  readonly receive: (message: EventMessage) => void;
  /**
   * A chat's own fields or its members changed under this `rev`.
   *
   * @param tell informs the application, once all earlier changes have been emitted. Not called when `/sync` returns
   *   the whole chat instead
   * @returns false when the change is known already, or the user was removed from the chat after it
   */
  readonly note: (chatId: number, rev: number, tell?: () => void) => boolean;
  /** A change of a chat under this `rev`, or an earlier one, is missing: fetches it. */
  readonly miss: (chatId: number, rev: number) => void;
  /** The service returned a chat: the cursor of an unknown chat starts at its `rev`. */
  readonly receiveChat: (chat: Chat) => void;
  /**
   * @param rev the `rev` of the change that removed the user from the chat; by default the last one that was emitted
   */
  readonly forget: (chatId: number, rev?: number) => void;
  /** The chats whose changes are emitted to the application. */
  readonly chatIds: { readonly size: number; has(chatId: number): boolean };
  /** Fetches all missed changes. @throws ChatError, TypeError */
  readonly sync: () => Promise<void>;
  readonly stop: () => void;
}

export interface ReplicaEffects {
  readonly store: Store;
  readonly platform: ClientPlatform;
  readonly call: Call;
  readonly onMessage: (message: Message) => void;
  /** Receives the chats in responses of `/sync`. */
  readonly chats: Pick<ChatList, 'now' | 'get' | 'set' | 'noteRev' | 'noteCounts'>;
  readonly onLeft: (chatId: number) => void;
}

const KEY = 'chat-service/cursors';

/** The cursors of the last user of this storage; other users start without cursors. */
interface Kept {
  readonly owner: number;
  readonly cursors: readonly (readonly [chatId: number, rev: number])[];
}

/** A user's stored cursors; empty when the entry is another user's, of another version, or corrupt. */
const cursorsIn = (stored: unknown, userId: number): Kept['cursors'] => {
  const kept = stored as Partial<Kept> | undefined;
  if (kept?.owner !== userId || !Array.isArray(kept.cursors)) return [];
  return (kept.cursors as Kept['cursors']).filter((entry) => Number.isInteger(entry?.[1]));
};

/**
 * Events that are sent at the same time may be reordered: an early event waits this long, in milliseconds, before the
 * gap is fetched.
 */
const REORDERED_MS = 300;
const RETRY_MS = 3000;
/**
 * In place of a `rev`: the next part of the chat's sync. Events wait for it, because a part lacks messages that later
 * changes have superseded: an event of such a change, a reaction, must not pass for the message.
 */
const PART = -1;
type Waiting = Map<number, (() => void) | undefined>;
const SAVE_MS = 500;

/** The limits of one `POST /sync`. */
const CHATS_AT_ONCE = 1000;
const MESSAGES_AT_ONCE = 500;

/**
 * Emits every change of each chat once, in the order of `rev`. Fetches a gap in the numbers with `/sync`; events
 * after the gap wait for that, and duplicates are dropped.
 */
export const createReplica = ({
  store,
  platform,
  call,
  chats,
  onMessage,
  onLeft,
}: ReplicaEffects): Replica => {
  /** By chat id: the `rev` up to which changes have been emitted. */
  const cursors = new Map<number, number>();
  /** By chat id and `rev`: callbacks of changes whose predecessors have not arrived yet. */
  const early = new Map<number, Waiting>();
  /** By id of a chat that the user is no longer in: the `rev` of the change that removed the user. */
  const over = new Map<number, number>();
  let owner = 0;
  /** Incremented with each stop: responses to earlier requests are ignored. */
  let epoch = 0;
  let syncing: Promise<void> | undefined;
  let again = false;
  /** Chats that were named by events since the request in flight was sent: its response may be older. */
  const namedSinceRequest = new Set<number>();
  /** Whether a change is missing although `early` has no entry for it. */
  let isMissing = false;
  const timers = createTimers<'repair' | 'save'>(platform);

  const save = (): Promise<void> => {
    const kept: Kept = { owner, cursors: [...cursors] };
    return store.update(KEY, () => kept);
  };

  /** Saves the cursors after the application has been informed, once for several changes. */
  const saveSoon = (): void => {
    if (!timers.has('save')) timers.set('save', SAVE_MS, save);
  };

  /** Fetches missing changes after a delay, unless they have arrived by then. */
  const repairIn = (ms: number): void => {
    if (timers.has('repair')) return;
    timers.set('repair', ms, () => {
      if (!isMissing && !early.size) return;
      isMissing = false;
      const own = epoch;
      sync().catch((error: unknown) => {
        if (own !== epoch) return;
        isMissing = true;
        repairIn(Math.max(waitOf(error), RETRY_MS));
      });
    });
  };

  const advance = (chatId: number, rev: number): void => {
    cursors.set(chatId, rev);
    chats.noteRev(chatId, rev);
    saveSoon();
  };

  /** Emits the waiting changes that follow the cursor, and drops those before it. */
  const drain = (chatId: number): void => {
    const waiting = early.get(chatId);
    if (!waiting) return;
    // Engines of some phones have no `toSorted`.
    // oxlint-disable-next-line unicorn/no-array-sort
    for (const rev of [...waiting.keys()].sort((a, b) => a - b)) {
      const tell = waiting.get(rev);
      const cursor = cursors.get(chatId) ?? 0;
      if (rev < 0 || rev > cursor + 1) break;
      waiting.delete(rev);
      if (rev === cursor + 1) {
        tell?.();
        advance(chatId, rev);
      }
    }
    if (waiting.size === 0) early.delete(chatId);
    else repairIn(REORDERED_MS);
  };

  /** Whether a change was emitted, or came before the user was removed from the chat. */
  const isPast = (chatId: number, rev: number): boolean =>
    rev <= (cursors.get(chatId) ?? over.get(chatId) ?? -1);

  const wait = (chatId: number, rev: number, tell?: () => void): void => {
    const waiting: Waiting = early.get(chatId) ?? new Map();
    early.set(chatId, waiting.set(rev, tell));
  };

  const note: Replica['note'] = (chatId, rev, tell) => {
    if (isPast(chatId, rev)) return false;
    wait(chatId, rev, tell);
    if (cursors.has(chatId)) drain(chatId);
    else repairIn(REORDERED_MS);
    return true;
  };

  const miss: Replica['miss'] = (chatId, rev) => {
    if (isPast(chatId, rev)) return;
    isMissing = true;
    repairIn(0);
  };

  const receive = (message: EventMessage): void => {
    const { chat_id: chatId, rev } = message;
    if (isWhole(message)) note(chatId, rev, () => onMessage(message));
    // The event does not contain the whole message.
    else miss(chatId, rev);
  };

  const receiveChat = ({ id, rev }: Chat): void => {
    namedSinceRequest.add(id);
    if (cursors.has(id)) return;
    advance(id, rev);
    drain(id);
  };

  const forget = (chatId: number, rev = cursors.get(chatId) ?? -1): void => {
    namedSinceRequest.add(chatId);
    early.delete(chatId);
    over.set(chatId, rev);
    if (cursors.delete(chatId)) saveSoon();
  };

  const apply = (answer: SyncAnswer, at: number): number[] => {
    for (const chat of answer.chats) {
      const { chat_id: chatId } = chat;
      // The user left the chat while the request was in flight.
      if (!cursors.has(chatId)) continue;
      const isNews = (rev: number): boolean => rev > (cursors.get(chatId) ?? Infinity);
      if (chat.chat) {
        chats.set({ ...chat.chat, participants: chat.participants ?? [] }, at, true);
      }
      for (const message of chat.messages) {
        if (!isNews(message.rev)) continue;
        onMessage(message);
        advance(chatId, message.rev);
      }
      // The response omits changes that later ones superseded, so its `rev` may exceed the last message's.
      if (isNews(chat.rev)) advance(chatId, chat.rev);
      // With `has_more`, the counts already include messages of the next response.
      if (!chat.has_more) {
        early.get(chatId)?.delete(PART);
        chats.noteCounts(chat);
      } else wait(chatId, PART);
      drain(chatId);
    }
    for (const chatId of answer.left) {
      // An event named the chat after the request was sent: the user was probably added again.
      if (namedSinceRequest.has(chatId)) again ||= cursors.has(chatId);
      else {
        forget(chatId);
        onLeft(chatId);
      }
    }
    for (const chat of answer.joined) {
      if (cursors.has(chat.id)) continue;
      // An event removed the user from the chat after the request was sent: the next response shows whether they are
      // in it.
      if (namedSinceRequest.has(chat.id)) again = true;
      else {
        chats.set(chat);
        receiveChat(chat);
      }
    }
    return answer.chats.filter((chat) => chat.has_more).map((chat) => chat.chat_id);
  };

  const catchUp = async (): Promise<void> => {
    const own = epoch;
    const known = [...cursors.keys()];
    let others = false;
    // A client without any known chats sends one request with an empty list.
    for (let start = 0; !start || start < known.length; start += CHATS_AT_ONCE) {
      let asked = known.slice(start, start + CHATS_AT_ONCE);
      do {
        namedSinceRequest.clear();
        const at = chats.now();
        const answer = await call<typeof syncRoute>('POST /sync', 'chats', {
          chats: asked
            .filter((chatId) => cursors.has(chatId))
            .map((chatId) => ({
              chat_id: chatId,
              rev: cursors.get(chatId) ?? 0,
              last_read_seq: chats.get(chatId)?.last_read_seq,
            })),
          limit: MESSAGES_AT_ONCE,
        });
        // Stopped meanwhile: another client may use the same storage by now.
        if (own !== epoch) return;
        others ||= answer.more_joined;
        asked = apply(answer, at);
      } while (asked.length);
    }
    // There are more chats than one response lists in `joined`. The call itself passes its chats to the chat list.
    for (let page = 1, pages = others ? 1 : 0; page <= pages; page += 1) {
      ({ pages } = await call<typeof listChats>('GET /chats', 'items', { page, limit: 100 }));
      if (own !== epoch) return;
    }
  };

  const repeatedly = async (): Promise<void> => {
    do {
      again = false;
      await catchUp();
    } while (again as boolean);
  };

  const sync = (): Promise<void> => {
    // A request in flight may not include the change for which this call was made.
    again = syncing !== undefined;
    syncing ??= repeatedly().finally(() => {
      syncing = undefined;
    });
    return syncing;
  };

  const stop = (): void => {
    epoch += 1;
    if (timers.has('save')) void save();
    timers.stopAll();
  };

  return {
    load: async (userId) => {
      for (const map of [cursors, early, over]) map.clear();
      owner = userId;
      for (const [chatId, rev] of cursorsIn(await store.read(KEY), userId)) cursors.set(chatId, rev);
    },
    clear: async () => {
      for (const map of [cursors, early, over]) map.clear();
      stop();
      await store.update(KEY, (stored) =>
        (stored as Partial<Kept> | undefined)?.owner === owner ? undefined : stored,
      );
    },
    receive,
    note,
    miss,
    receiveChat,
    forget,
    chatIds: cursors,
    sync,
    stop,
  };
};
