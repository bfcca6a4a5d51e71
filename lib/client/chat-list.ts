import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, Message } from '../../functions/contract/schemas.ts';
import { ChatError, type ChatApi, type ClientPlatform } from './chat-client.ts';
import type { ServerFrameOf } from './contract.ts';
import { isPassing, waitOf } from './http.ts';

export interface ChatList {
  /** How many events have been told so far: what an answer that was asked for now cannot know is above it. */
  readonly now: () => number;
  /**
   * A chat as the service shows it. An answer may be older than what events have told meanwhile: of each field the
   * later state stays.
   *
   * @param asked what `now` said when the answer was asked for; without it, an event
   */
  readonly set: (chat: Chat, asked?: number) => void;
  readonly forget: (chatId: number) => void;
  /** A message was created or changed. */
  readonly noteMessage: (message: Message) => void;
  /** The user has read up to there, on whichever device. */
  readonly noteRead: (chatId: number, seq: number) => void;
  /** How a chat stands at its `rev`, as the service counts. */
  readonly noteCounts: (counts: Counts) => void;
  /** How far the user has read; undefined for a chat that was not loaded. */
  readonly markOf: (chatId: number) => number | undefined;
  /** Somebody looks at a chat, or looks away. */
  readonly notePresence: (userId: number, isPresent: boolean) => void;
  /** Something changed that only the service can tell: asks it, once for many changes. */
  readonly refresh: (chatId: number) => void;
  /**
   * After a connection was opened, and what was missed was told: asks for the latest chats if there are none yet, and
   * for those that could not be asked for. @throws ChatError, TypeError
   */
  readonly reload: () => Promise<void>;
  readonly clear: () => void;
}

type Counts = Pick<
  SyncAnswer['chats'][number],
  'chat_id' | 'rev' | 'last_seq' | 'last_read_seq' | 'unread_count'
>;

export interface ChatListEffects {
  readonly platform: ClientPlatform;
  /** Their answers come to `set`. */
  readonly api: Pick<ChatApi, 'getChat' | 'listChats'>;
  readonly userId: () => number | undefined;
  readonly onChange: (chat: Chat) => void;
  /** How far the user has read, as the service knows it. */
  readonly onMark: (chatId: number, seq: number) => void;
}

/** A chat, and the state of the service from which its name, members and peer are. */
interface Known {
  readonly chat: Chat;
  readonly from: Pick<Chat, 'rev' | 'updated_at'>;
}

type EventMessage = ServerFrameOf<'new_message'>['message'];

const REFRESH_MS = 200;
const LATEST = 100;

/** The user's chats as they stand: kept up by what happens, and fetched where that does not say enough. */
export const createChatList = ({ platform, api, userId, onChange, onMark }: ChatListEffects): ChatList => {
  const chats = new Map<number, Known>();
  const refreshing = new Map<number, unknown>();
  /** Chats whose unread count is a guess until the service tells it. */
  const guessed = new Set<number>();
  /** Chats that could not be asked for: the next reload does. */
  const owed = new Set<number>();
  /** By chat, when an event last told of what answers tell too; also of chats that were left. */
  const toldAt = new Map<number, number>();
  let clock = 0;

  const told = (chatId: number): void => void toldAt.set(chatId, (clock += 1));

  const put = (chat: Chat, from: Known['from']): void => {
    const before = chats.get(chat.id)?.chat;
    chats.set(chat.id, { chat, from });
    if (JSON.stringify(before) !== JSON.stringify(chat)) onChange(chat);
  };

  const refresh = (chatId: number, ms = REFRESH_MS): void => {
    if (refreshing.has(chatId) || !chats.has(chatId)) return;
    const fetchIt = async (): Promise<void> => {
      refreshing.delete(chatId);
      owed.delete(chatId);
      try {
        await api.getChat(chatId);
      } catch (error) {
        if (error instanceof ChatError && !isPassing(error)) return;
        owed.add(chatId);
        if (waitOf(error) > 0) refresh(chatId, waitOf(error));
      }
    };
    refreshing.set(
      chatId,
      platform.setTimeout(() => void fetchIt(), ms),
    );
  };

  /** Of a known chat and the service's answer or event, what is later in each of their parts. */
  const merge = ({ chat: known, from }: Known, shown: Chat, isOvertaken: boolean): Known => {
    const isOlder = isOvertaken || shown.rev < from.rev || shown.updated_at < from.updated_at;
    const last: EventMessage | null = shown.last_message;
    const talk =
      known.rev > shown.rev || (known.rev === shown.rev && last?.truncated === true) ? known : shown;
    const reader = known.last_read_seq > shown.last_read_seq ? known : shown;
    const isExact = talk === reader || talk.last_read_seq === reader.last_read_seq;
    if (!isExact) guessed.add(known.id);
    else if (talk === shown) guessed.delete(known.id);
    const { rev, last_seq, last_message, unread_count } = talk;
    const { last_read_seq } = reader;
    return {
      chat: {
        ...(isOlder ? known : shown),
        rev,
        last_seq,
        last_message,
        last_read_seq,
        updated_at: known.updated_at > shown.updated_at ? known.updated_at : shown.updated_at,
        unread_count: isExact ? unread_count : Math.max(0, Math.min(unread_count, last_seq - last_read_seq)),
      },
      from: isOlder ? from : shown,
    };
  };

  return {
    now: () => clock,
    set: (shown, asked) => {
      if (asked === undefined) told(shown.id);
      const isOvertaken = asked !== undefined && (toldAt.get(shown.id) ?? 0) > asked;
      // The detail of a chat has its participants, too; the list does not.
      const { participants: _, ...plain } = shown as Chat & { participants?: unknown };
      const known = chats.get(shown.id);
      if (known === undefined) {
        // Left since it was asked for.
        if (isOvertaken) return;
        put(plain, plain);
      } else {
        const { chat, from } = merge(known, plain, isOvertaken);
        put(chat, from);
        // The service has the mark already, and this client's messages are newer than the answer.
        if (guessed.has(shown.id) && plain.last_read_seq >= chat.last_read_seq) refresh(shown.id);
      }
      onMark(shown.id, plain.last_read_seq);
    },
    forget: (chatId) => {
      platform.clearTimeout(refreshing.get(chatId));
      refreshing.delete(chatId);
      owed.delete(chatId);
      chats.delete(chatId);
      told(chatId);
    },
    noteMessage: (message) => {
      const known = chats.get(message.chat_id);
      if (known === undefined || message.rev <= known.chat.rev) return;
      const { chat, from } = known;
      const { rev, seq } = message;
      if (seq <= chat.last_seq || message.is_deleted) {
        const last = chat.last_message;
        const isLast = last?.id === message.id;
        put({ ...chat, rev, last_message: isLast ? message : last }, from);
        // What was deleted or restored changes the unread count, and perhaps which message is the last.
        if (!isLast || last.is_deleted || message.is_deleted) refresh(chat.id);
        return;
      }
      const isOwn = message.sender_id === userId();
      // Sending moves the sender's own mark.
      if (isOwn) onMark(chat.id, seq);
      put(
        {
          ...chat,
          rev,
          last_seq: seq,
          last_message: message,
          updated_at: message.timestamp > chat.updated_at ? message.timestamp : chat.updated_at,
          ...(isOwn ? { last_read_seq: seq, unread_count: 0 } : { unread_count: chat.unread_count + 1 }),
        },
        from,
      );
    },
    noteRead: (chatId, seq) => {
      const known = chats.get(chatId);
      if (known === undefined) return;
      const { chat, from } = known;
      if (seq <= chat.last_read_seq) {
        if (seq === chat.last_read_seq && guessed.has(chatId)) refresh(chatId);
        return;
      }
      const last_read_seq = Math.min(seq, chat.last_seq);
      put(
        { ...chat, last_read_seq, unread_count: Math.min(chat.unread_count, chat.last_seq - last_read_seq) },
        from,
      );
      if (seq < chat.last_seq) {
        guessed.add(chatId);
        refresh(chatId);
      }
    },
    noteCounts: ({ chat_id: chatId, rev, last_seq, last_read_seq, unread_count }) => {
      const known = chats.get(chatId);
      // What is newer than the answer, or read further than it knows, counts on from there.
      if (known === undefined || known.chat.rev > rev || known.chat.last_read_seq > last_read_seq) return;
      guessed.delete(chatId);
      put({ ...known.chat, rev, last_seq, last_read_seq, unread_count }, known.from);
      onMark(chatId, last_read_seq);
    },
    markOf: (chatId) => chats.get(chatId)?.chat.last_read_seq,
    notePresence: (id, isPresent) => {
      for (const { chat, from } of chats.values()) {
        if (chat.peer?.id !== id) continue;
        told(chat.id);
        if (isPresent) put({ ...chat, peer: { ...chat.peer, online: true } }, from);
        // Away from one chat is not yet away.
        else refresh(chat.id);
      }
    },
    refresh: (chatId) => {
      told(chatId);
      refresh(chatId);
    },
    reload: async () => {
      if (chats.size === 0) await api.listChats({ limit: LATEST });
      for (const chatId of owed) refresh(chatId);
    },
    clear: () => {
      for (const timer of refreshing.values()) platform.clearTimeout(timer);
      for (const map of [refreshing, guessed, owed, toldAt, chats]) map.clear();
    },
  };
};
