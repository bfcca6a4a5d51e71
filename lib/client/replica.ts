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

/** A message as an event carries it. */
type EventMessage = ServerFrameOf<'new_message'>['message'];

export interface Replica {
  /** @param userId whose cursors are loaded */
  readonly load: (userId: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  /** A message was created or changed, as an event or an answer shows it. */
  readonly receive: (message: EventMessage) => void;
  /**
   * A chat's own fields or its members changed under this `rev`.
   *
   * @param tell tells the application, once all changes before this one are told. It is not called where `/sync`
   *   tells the whole chat instead
   * @returns false when the change is known already, or the user was taken out of the chat after it
   */
  readonly note: (chatId: number, rev: number, tell?: () => void) => boolean;
  /** The service shows a chat: one that is new begins at its `rev`. */
  readonly receiveChat: (chat: Chat) => void;
  /** @param rev of the change that took the user out of the chat; by default the last one that was told */
  readonly forget: (chatId: number, rev?: number) => void;
  /** The chats whose changes the application is told. */
  readonly chatIds: { readonly size: number; has(chatId: number): boolean };
  /** Fetches everything that was missed. @throws ChatError, TypeError */
  readonly sync: () => Promise<void>;
  readonly stop: () => void;
}

export interface ReplicaEffects {
  readonly store: Store;
  readonly platform: ClientPlatform;
  readonly call: Call;
  readonly onMessage: (message: Message) => void;
  /** Gets what `/sync` answers of chats. */
  readonly chats: Pick<ChatList, 'now' | 'get' | 'set' | 'noteRev' | 'noteCounts'>;
  readonly onLeft: (chatId: number) => void;
}

const KEY = 'chat-service/cursors';

/** The cursors of the last user of this storage; other users begin without cursors. */
interface Kept {
  readonly owner: number;
  readonly cursors: readonly (readonly [chatId: number, rev: number])[];
}

/** A user's stored cursors; none when the entry is another user's, of another version, or broken. */
const cursorsIn = (stored: unknown, userId: number): Kept['cursors'] => {
  const kept = stored as Partial<Kept> | undefined;
  if (kept?.owner !== userId || !Array.isArray(kept.cursors)) return [];
  return (kept.cursors as Kept['cursors']).filter(
    (entry) => Number.isInteger(entry?.[0]) && Number.isInteger(entry[1]),
  );
};

/** Events of one moment may be reordered: an early event waits this long before the gap is fetched. */
const REORDERED_MS = 300;
const RETRY_MS = 3000;
const SAVE_MS = 500;

/** The limits of one `POST /sync`. */
const CHATS_AT_ONCE = 1000;
const MESSAGES_AT_ONCE = 500;

/**
 * Tells the application every change of each chat once, in the order of `rev`. A gap in the numbers is fetched with
 * `/sync`, events after the gap wait for that, and duplicates are dropped.
 */
export const createReplica = ({
  store,
  platform,
  call,
  chats,
  onMessage,
  onLeft,
}: ReplicaEffects): Replica => {
  /** The `rev` up to which the application knows a chat. */
  const cursors = new Map<number, number>();
  /** By chat and `rev`: functions that tell the application of changes whose predecessors have not arrived yet. */
  const early = new Map<number, Map<number, () => void>>();
  /** By chat that the user is no longer in: the `rev` of the change that took them out. */
  const over = new Map<number, number>();
  let owner = 0;
  /** Grows with each stop: answers to earlier requests are ignored. */
  let epoch = 0;
  let syncing: Promise<void> | undefined;
  let again = false;
  /** Chats that events named since the request in flight was sent: its answer may be older. */
  const heard = new Set<number>();
  /** Whether a change is missing that `early` does not show. */
  let isMissing = false;
  const timers = createTimers<'repair' | 'save'>(platform);

  const save = (): Promise<void> => {
    const kept: Kept = { owner, cursors: [...cursors] };
    return store.update(KEY, () => kept);
  };

  /** Saves the cursors after the application has been told, once for many changes. */
  const saveSoon = (): void => {
    if (!timers.has('save')) timers.set('save', SAVE_MS, save);
  };

  /** Fetches what is missing, unless it has come by then. */
  const repairIn = (ms: number): void => {
    if (timers.has('repair')) return;
    timers.set('repair', ms, () => {
      if (!isMissing && early.size === 0) return;
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

  /** Tells the waiting changes that follow the cursor, and drops those before it. */
  const drain = (chatId: number): void => {
    const waiting = early.get(chatId);
    if (waiting === undefined) return;
    // Engines of some phones have no `toSorted`.
    // oxlint-disable-next-line unicorn/no-array-sort
    for (const rev of [...waiting.keys()].sort((a, b) => a - b)) {
      const tell = waiting.get(rev);
      const cursor = cursors.get(chatId) ?? 0;
      if (rev > cursor + 1) break;
      waiting.delete(rev);
      if (rev === cursor + 1) {
        tell?.();
        advance(chatId, rev);
      }
    }
    if (waiting.size === 0) early.delete(chatId);
    else repairIn(REORDERED_MS);
  };

  const note: Replica['note'] = (chatId, rev, tell = () => undefined) => {
    const cursor = cursors.get(chatId);
    if (rev <= (cursor ?? over.get(chatId) ?? -1)) return false;
    const waiting = early.get(chatId) ?? new Map<number, () => void>();
    early.set(chatId, waiting.set(rev, tell));
    if (cursor === undefined) repairIn(REORDERED_MS);
    else drain(chatId);
    return true;
  };

  const receive = (message: EventMessage): void => {
    const { chat_id: chatId, rev } = message;
    if (isWhole(message)) note(chatId, rev, () => onMessage(message));
    // The event does not show all of it: the change is fetched.
    else if (rev > (cursors.get(chatId) ?? -1)) {
      isMissing = true;
      repairIn(0);
    }
  };

  const receiveChat = ({ id, rev }: Chat): void => {
    heard.add(id);
    if (cursors.has(id)) return;
    advance(id, rev);
    drain(id);
  };

  const forget = (chatId: number, rev = cursors.get(chatId) ?? -1): void => {
    heard.add(chatId);
    early.delete(chatId);
    over.set(chatId, rev);
    if (cursors.delete(chatId)) saveSoon();
  };

  const apply = (answer: SyncAnswer, at: number): number[] => {
    for (const chat of answer.chats) {
      const { chat_id: chatId } = chat;
      // Nothing is told of a chat that the user left while the request was in flight.
      const isNews = (rev: number): boolean => rev > (cursors.get(chatId) ?? Infinity);
      if (chat.chat !== null && cursors.has(chatId)) {
        chats.set({ ...chat.chat, participants: chat.participants ?? [] }, at, true);
      }
      for (const message of chat.messages) {
        if (!isNews(message.rev)) continue;
        onMessage(message);
        advance(chatId, message.rev);
      }
      // The answer omits changes that later ones replaced, so its `rev` may be beyond the last message's.
      if (isNews(chat.rev)) advance(chatId, chat.rev);
      // With `has_more`, the counts already include messages of the next answer.
      if (!chat.has_more) chats.noteCounts(chat);
      drain(chatId);
    }
    for (const chatId of answer.left) {
      // An event named the chat after the request: it was probably joined again.
      if (heard.has(chatId)) again ||= cursors.has(chatId);
      else {
        forget(chatId);
        onLeft(chatId);
      }
    }
    for (const chat of answer.joined) {
      if (cursors.has(chat.id)) continue;
      // An event ended the chat after the request: the next answer shows whether the user is in it.
      if (heard.has(chat.id)) again = true;
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
    // A client that knows no chats sends one empty request.
    for (let start = 0; start === 0 || start < known.length; start += CHATS_AT_ONCE) {
      let asked = known.slice(start, start + CHATS_AT_ONCE);
      do {
        heard.clear();
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
      } while (asked.length > 0);
    }
    // More chats than one answer lists in `joined`. The call hands its chats to the chat list itself.
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
    // A request in flight may not include the change that this call is about.
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
    receiveChat,
    forget,
    chatIds: cursors,
    sync,
    stop,
  };
};
