import type { Chat, Message } from '../../functions/routes/schemas.ts';
import type { ChatApi, ClientPlatform } from './chat-client.ts';

export interface ChatList {
  /** A chat as the service shows it. */
  readonly set: (chat: Chat) => void;
  readonly forget: (chatId: number) => void;
  /** A message was created or changed. */
  readonly noteMessage: (message: Message) => void;
  /** The user has read up to there, on whichever device. */
  readonly noteRead: (chatId: number, seq: number) => void;
  /** Something changed that only the service can tell: asks it, once for many changes. */
  readonly refresh: (chatId: number) => void;
  /** Asks for the latest chats anew: their marks and members may have changed unseen. @throws ChatError, TypeError */
  readonly reload: () => Promise<void>;
  readonly clear: () => void;
}

export interface ChatListEffects {
  readonly platform: ClientPlatform;
  readonly api: Pick<ChatApi, 'getChat' | 'listChats'>;
  readonly userId: () => number | undefined;
  readonly onChange: (chat: Chat) => void;
}

const REFRESH_MS = 200;
const LATEST = 100;

/** The user's chats as they stand: kept up by what happens, and fetched where that does not say enough. */
export const createChatList = ({ platform, api, userId, onChange }: ChatListEffects): ChatList => {
  const chats = new Map<number, Chat>();
  const refreshing = new Map<number, unknown>();

  const set = (chat: Chat): void => {
    // The detail of a chat has its participants, too; the list does not.
    const { participants: _, ...plain } = chat as Chat & { participants?: unknown };
    if (JSON.stringify(chats.get(chat.id)) === JSON.stringify(plain)) return;
    chats.set(chat.id, plain);
    onChange(plain);
  };

  const refresh = (chatId: number): void => {
    if (refreshing.has(chatId) || !chats.has(chatId)) return;
    const fetchIt = async (): Promise<void> => {
      refreshing.delete(chatId);
      try {
        const chat = await api.getChat(chatId);
        if (chats.has(chatId)) set(chat);
      } catch {
        // The next connection reloads the list.
      }
    };
    refreshing.set(
      chatId,
      platform.setTimeout(() => void fetchIt(), REFRESH_MS),
    );
  };

  return {
    set,
    forget: (chatId) => {
      platform.clearTimeout(refreshing.get(chatId));
      refreshing.delete(chatId);
      chats.delete(chatId);
    },
    noteMessage: (message) => {
      const chat = chats.get(message.chat_id);
      if (chat === undefined || message.rev <= chat.rev) return;
      const isNew = message.seq > chat.last_seq && !message.is_deleted;
      if (!isNew) {
        // What was deleted or restored changes the unread count, and perhaps which message is the last.
        if (message.is_edited && !message.is_deleted && chat.last_message?.id === message.id) {
          set({ ...chat, rev: message.rev, last_message: message });
        } else refresh(message.chat_id);
        return;
      }
      const isOwn = message.sender_id === userId();
      set({
        ...chat,
        rev: message.rev,
        last_seq: message.seq,
        last_message: message,
        updated_at: message.timestamp,
        // Sending moves the sender's own mark.
        ...(isOwn
          ? { last_read_seq: message.seq, unread_count: 0 }
          : { unread_count: chat.unread_count + 1 }),
      });
    },
    noteRead: (chatId, seq) => {
      const chat = chats.get(chatId);
      if (chat === undefined || seq <= chat.last_read_seq) return;
      if (seq >= chat.last_seq) set({ ...chat, last_read_seq: chat.last_seq, unread_count: 0 });
      else refresh(chatId);
    },
    refresh,
    reload: async () => {
      const { items } = await api.listChats({ limit: LATEST });
      for (const chat of items) set(chat);
    },
    clear: () => {
      for (const timer of refreshing.values()) platform.clearTimeout(timer);
      refreshing.clear();
      chats.clear();
    },
  };
};
