import { signal } from '@preact/signals';
import type { ChatClient } from '../../client/chat-client.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';

/** What stands in place of what somebody wrote whom the user has blocked. */
export const BLOCKED_TEXT = 'Message from somebody you blocked';
/** What stands in place of the name of somebody whom the user has blocked, beside what they did. */
export const BLOCKED_PERSON = 'Somebody you blocked';

/** Whom the user has blocked, and what of theirs is hidden, in a form that views can draw. */
export const createBlocked = (client: ChatClient) => {
  const ids = signal<ReadonlySet<number>>(new Set());
  /** By id: the messages of blocked people that the user asked to see. */
  const shown = signal<ReadonlySet<number>>(new Set());
  client.on('blocks', ({ user_ids }) => void (ids.value = new Set(user_ids)));
  const has = (userId: number): boolean => ids.value.has(userId);
  return {
    ids,
    has,
    /**
     * Whether a message is to be hidden, wherever the page shows something of it.
     *
     * @param chat the chat that the user is reading; in a direct chat nothing is hidden, for it holds nothing else
     */
    hides: ({ id, sender_id }: Pick<Message, 'id' | 'sender_id'>, chat?: Pick<Chat, 'chat_type'>): boolean =>
      has(sender_id) && chat?.chat_type !== 'direct' && !shown.value.has(id),
    /** Shows a message everywhere, until the page is loaded again. */
    show: (messageId: number): void => void (shown.value = new Set(shown.peek()).add(messageId)),
    reset: (): void => {
      ids.value = new Set();
      shown.value = new Set();
    },
    /** Whether the user has blocked the other one of a direct chat. */
    isPeerOf: (chat: Chat): boolean =>
      chat.chat_type === 'direct' && chat.peer !== undefined && has(chat.peer.id),
  };
};
