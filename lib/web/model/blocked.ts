import { signal } from '@preact/signals';
import type { ChatClient } from '../../client/chat-client.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';

/** Whom the user has blocked, in a form that views can draw. */
export const createBlocked = (client: ChatClient) => {
  const ids = signal<ReadonlySet<number>>(new Set());
  client.on('blocks', ({ user_ids }) => void (ids.value = new Set(user_ids)));
  const has = (userId: number): boolean => ids.value.has(userId);
  return {
    ids,
    has,
    reset: (): void => void (ids.value = new Set()),
    /** Whether the user has blocked the other one of a direct chat. */
    isPeerOf: (chat: Chat): boolean =>
      chat.chat_type === 'direct' && chat.peer !== undefined && has(chat.peer.id),
  };
};
