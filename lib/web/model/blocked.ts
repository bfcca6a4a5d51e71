import { signal } from '@preact/signals';
import type { ChatClient } from '../../client/chat-client.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';

/** Shown in place of a message of a blocked user. */
export const BLOCKED_TEXT = 'Message from somebody you blocked';
/** Shown in place of the name of a blocked user beside an action of theirs. */
export const BLOCKED_PERSON = 'Somebody you blocked';

/** The users whom the user has blocked and the messages that are hidden because of it, as signals for the views. */
export const createBlocked = (client: ChatClient) => {
  const ids = signal<ReadonlySet<number>>(new Set());
  /** Ids of the messages of blocked users that the user chose to see. */
  const shown = signal<ReadonlySet<number>>(new Set());
  client.on('blocks', ({ user_ids }) => void (ids.value = new Set(user_ids)));
  const has = (userId: number): boolean => ids.value.has(userId);
  return {
    ids,
    has,
    /**
     * Whether a message must be hidden, wherever the page shows a part of it.
     *
     * @param chat the chat that the user is reading. In a direct chat nothing is hidden: all of its messages are
     *   between these two users
     */
    hides: ({ id, sender_id }: Pick<Message, 'id' | 'sender_id'>, chat?: Pick<Chat, 'chat_type'>): boolean =>
      has(sender_id) && chat?.chat_type !== 'direct' && !shown.value.has(id),
    /** Shows a hidden message everywhere until the page is reloaded. */
    show: (messageId: number): void => void (shown.value = new Set(shown.peek()).add(messageId)),
    reset: (): void => {
      ids.value = new Set();
      shown.value = new Set();
    },
    /** Whether the user has blocked the peer of a direct chat. */
    isPeerOf: (chat: Chat): boolean =>
      chat.chat_type === 'direct' && chat.peer !== undefined && has(chat.peer.id),
  };
};
