import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, Message, Participant } from '../../functions/contract/schemas.ts';
import type { ChatApi, ClientPlatform } from './chat-client.ts';
import type { ServerFrameOf } from './contract.ts';
import { waitOf } from './http.ts';
import type { Store } from './store.ts';

/** A message as an event carries it. */
type EventMessage = ServerFrameOf<'new_message'>['message'];

export interface Replica {
  /** @param userId whose cursors they are */
  readonly load: (userId: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  /** A message was created or changed, as an event or an answer tells. */
  readonly receive: (message: EventMessage) => void;
  /** The chat's own fields or its members changed under this `rev`, as an event has told the application already. */
  readonly note: (chatId: number, rev: number) => void;
  /** A chat as the service shows it: one that is new begins at its `rev`. */
  readonly receiveChat: (chat: Chat) => void;
  readonly forget: (chatId: number) => void;
  /** Fetches everything that was missed. @throws ChatError, TypeError */
  readonly sync: () => Promise<void>;
  readonly stop: () => void;
}

export interface ReplicaEffects {
  readonly store: Store;
  readonly platform: ClientPlatform;
  readonly api: Pick<ChatApi, 'sync' | 'listChats'>;
  readonly onMessage: (message: Message) => void;
  /** A chat's own fields or its members are others than the application knows. */
  readonly onChat: (chat: Chat, participants: readonly Participant[], asked: number) => void;
  /** How many events have been told so far: `asked`, when a question is sent. */
  readonly now: () => number;
  /** How a chat stands at its `rev`. */
  readonly onCounts: (chat: SyncedChat) => void;
  /** How far the user has read, as the application knows it. */
  readonly markOf: (chatId: number) => number | undefined;
  /** A chat that the client did not know. */
  readonly onJoined: (chat: Chat) => void;
  readonly onLeft: (chatId: number) => void;
}

type SyncedChat = SyncAnswer['chats'][number];

const KEY = 'chat-service/cursors';

/** The cursors of whoever was told last; others begin anew. */
interface Kept {
  readonly owner: number;
  readonly cursors: readonly (readonly [chatId: number, rev: number])[];
}

/** The cursors that were stored for a user; none where it is something else, of another version or cut off. */
const cursorsIn = (stored: unknown, userId: number): Kept['cursors'] => {
  const kept = stored as Partial<Kept> | undefined;
  if (kept?.owner !== userId || !Array.isArray(kept.cursors)) return [];
  return (kept.cursors as Kept['cursors']).filter(
    (entry) => Number.isInteger(entry?.[0]) && Number.isInteger(entry[1]),
  );
};

/** Events of one moment may come in any order: one that is early waits this long before it is a gap. */
const REORDERED_MS = 300;
const RETRY_MS = 3000;
const SAVE_MS = 500;

/** What one `POST /sync` takes. */
const CHATS_AT_ONCE = 1000;
const MESSAGES_AT_ONCE = 500;

/**
 * How far the application has been told of each chat: every change once, in the order of `rev`. What is missing is
 * seen by its number and fetched; what comes early waits for it; what comes twice is dropped.
 */
export const createReplica = (effects: ReplicaEffects): Replica => {
  const { store, platform, api } = effects;
  /** The `rev` up to which the application knows a chat. */
  const cursors = new Map<number, number>();
  /** By chat and `rev`: what came before what precedes it; undefined for what has been told. */
  const early = new Map<number, Map<number, Message | undefined>>();
  let owner = 0;
  /** Grows with each stop: an answer that was asked for before is for nobody. */
  let epoch = 0;
  let syncing: Promise<void> | undefined;
  let again = false;
  /** Chats that events told of since the question that is on its way: its answer may not know. */
  const heard = new Set<number>();
  /** Whether more is missing than what comes early tells of. */
  let isMissing = false;
  let repairTimer: unknown;
  let saveTimer: unknown;

  const save = (): Promise<void> => {
    const kept: Kept = { owner, cursors: [...cursors] };
    return store.update(KEY, () => kept);
  };

  /** Once the application has been told, and not for every message. */
  const saveSoon = (): void => {
    saveTimer ??= platform.setTimeout(() => {
      saveTimer = undefined;
      void save();
    }, SAVE_MS);
  };

  /** Fetches what is missing, unless it has come by then. */
  const repairIn = (ms: number, reason: 'early' | 'missing'): void => {
    isMissing ||= reason === 'missing';
    repairTimer ??= platform.setTimeout(() => {
      repairTimer = undefined;
      if (!isMissing && early.size === 0) return;
      isMissing = false;
      const own = epoch;
      sync().catch((error: unknown) => {
        if (own !== epoch) return;
        repairIn(Math.max(waitOf(error), RETRY_MS), 'missing');
      });
    }, ms);
  };

  const advance = (chatId: number, rev: number): void => {
    cursors.set(chatId, rev);
    saveSoon();
  };

  /** Tells what waited for the place that the cursor has now, and forgets what lies behind it. */
  const drain = (chatId: number): void => {
    const waiting = early.get(chatId);
    if (waiting === undefined) return;
    // Engines of some phones have no `toSorted`.
    // oxlint-disable-next-line unicorn/no-array-sort
    for (const rev of [...waiting.keys()].sort((a, b) => a - b)) {
      const message = waiting.get(rev);
      const cursor = cursors.get(chatId) ?? 0;
      if (rev > cursor + 1) break;
      waiting.delete(rev);
      if (rev === cursor + 1) {
        if (message !== undefined) effects.onMessage(message);
        advance(chatId, rev);
      }
    }
    if (waiting.size === 0) early.delete(chatId);
    else repairIn(REORDERED_MS, 'early');
  };

  const note = (chatId: number, rev: number, message?: Message): void => {
    const cursor = cursors.get(chatId);
    if (cursor !== undefined && rev <= cursor) return;
    const waiting = early.get(chatId) ?? new Map<number, Message | undefined>();
    early.set(chatId, waiting.set(rev, message));
    if (cursor === undefined) repairIn(REORDERED_MS, 'early');
    else drain(chatId);
  };

  const receive = ({ truncated, ...message }: EventMessage): void => {
    const { chat_id: chatId, rev } = message;
    if (truncated !== true) note(chatId, rev, message);
    // Too large for an event: the change is fetched whole.
    else if (rev > (cursors.get(chatId) ?? -1)) repairIn(0, 'missing');
  };

  const receiveChat = (chat: Chat): void => {
    heard.add(chat.id);
    const cursor = cursors.get(chat.id);
    if (cursor === undefined) {
      advance(chat.id, chat.rev);
      drain(chat.id);
    } else if (chat.rev > cursor) {
      repairIn(REORDERED_MS, 'missing');
    }
  };

  const forget = (chatId: number): void => {
    heard.add(chatId);
    early.delete(chatId);
    if (cursors.delete(chatId)) saveSoon();
  };

  /** @returns whether the answer that shows the chat was overtaken by its end */
  const join = (chat: Chat): boolean => {
    if (cursors.has(chat.id)) return false;
    if (heard.has(chat.id)) return true;
    effects.onJoined(chat);
    receiveChat(chat);
    return false;
  };

  const apply = (answer: SyncAnswer, at: number): number[] => {
    for (const chat of answer.chats) {
      if (chat.chat !== null && cursors.has(chat.chat_id)) {
        effects.onChat(chat.chat, chat.participants ?? [], at);
      }
      for (const message of chat.messages) {
        // Left while the answer was on its way, or told by an event since.
        const cursor = cursors.get(chat.chat_id);
        if (cursor === undefined || message.rev <= cursor) continue;
        effects.onMessage(message);
        advance(chat.chat_id, message.rev);
      }
      const cursor = cursors.get(chat.chat_id);
      // Changes that later ones replaced are not told: the answer's own `rev` is behind them.
      if (cursor !== undefined && chat.rev > cursor) advance(chat.chat_id, chat.rev);
      effects.onCounts(chat);
      drain(chat.chat_id);
    }
    const toldSince = new Set(heard);
    for (const chatId of answer.left) {
      // Left and joined again since, most likely.
      if (toldSince.has(chatId)) again ||= cursors.has(chatId);
      else {
        forget(chatId);
        effects.onLeft(chatId);
      }
    }
    for (const chat of answer.joined) if (join(chat)) again = true;
    return answer.chats.filter((chat) => chat.has_more).map((chat) => chat.chat_id);
  };

  /** A user of many chats: those beyond what one answer tells of. */
  const findOthers = async (): Promise<void> => {
    const own = epoch;
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const answer = await api.listChats({ page, limit: 100 });
      if (own !== epoch) return;
      pages = answer.pages;
      for (const chat of answer.items) if (join(chat)) again = true;
    }
  };

  const catchUp = async (): Promise<void> => {
    const own = epoch;
    const known = [...cursors.keys()];
    let others = false;
    // Without any chat, one empty question tells of all.
    for (let start = 0; start === 0 || start < known.length; start += CHATS_AT_ONCE) {
      let asked = known.slice(start, start + CHATS_AT_ONCE);
      do {
        heard.clear();
        const at = effects.now();
        const answer = await api.sync({
          chats: asked.flatMap((chatId) => {
            const [rev, mark] = [cursors.get(chatId), effects.markOf(chatId)];
            if (rev === undefined) return [];
            return [{ chat_id: chatId, rev, ...(mark === undefined ? {} : { last_read_seq: mark }) }];
          }),
          limit: MESSAGES_AT_ONCE,
        });
        // Stopped meanwhile: another client may have told it by now.
        if (own !== epoch) return;
        others ||= answer.more_joined;
        asked = apply(answer, at);
      } while (asked.length > 0);
    }
    if (others) await findOthers();
  };

  const sync = (): Promise<void> => {
    // What is asked while an answer is on its way may be about something later.
    again = syncing !== undefined;
    syncing ??= (async () => {
      try {
        do {
          again = false;
          await catchUp();
        } while (again as boolean);
      } finally {
        syncing = undefined;
      }
    })();
    return syncing;
  };

  const stop = (): void => {
    epoch += 1;
    platform.clearTimeout(repairTimer);
    repairTimer = undefined;
    if (saveTimer === undefined) return;
    platform.clearTimeout(saveTimer);
    saveTimer = undefined;
    void save();
  };

  return {
    load: async (userId) => {
      cursors.clear();
      early.clear();
      owner = userId;
      for (const [chatId, rev] of cursorsIn(await store.read(KEY), userId)) cursors.set(chatId, rev);
    },
    clear: async () => {
      cursors.clear();
      early.clear();
      stop();
      await store.update(KEY, (stored) =>
        (stored as Partial<Kept> | undefined)?.owner === owner ? undefined : stored,
      );
    },
    receive,
    note,
    receiveChat,
    forget,
    sync,
    stop,
  };
};
