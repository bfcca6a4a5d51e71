import { chatStore } from '../chats/live.ts';
import { type ChatStore } from '../chats/stores/chats.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ReadMark } from './contract.ts';

export interface ReadMarkEffects {
  readonly chats: Pick<ChatStore, 'markRead'>;
}

const liveEffects: ReadMarkEffects = { chats: chatStore };

/**
 * Moves the caller's read mark forward, never back and never past the end.
 *
 * @returns where it is; an event when it moved
 * @throws ServiceError `chat_not_found`
 */
export const markRead = async (
  actor: Actor,
  chatId: number,
  seq: number,
  { chats }: ReadMarkEffects = liveEffects,
): Promise<Outcome<ReadMark>> => {
  const read = await chats.markRead(chatId, actor.userId, seq);
  if (read === undefined) throw new ServiceError('chat_not_found');
  const result = { chat_id: chatId, last_read_seq: read.lastReadSeq, unread_count: read.unreadCount };
  if (!read.moved) return { result, events: [] };
  return {
    result,
    events: [
      {
        chatId,
        to: read.memberIds,
        event: {
          type: 'read_receipt',
          chat_id: chatId,
          user_id: actor.userId,
          seq: read.lastReadSeq,
        },
      },
    ],
  };
};
