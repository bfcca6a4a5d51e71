import { mysql } from '../platform/mysql.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import type { ReadMark } from '../routes/chats.ts';
import type { Actor } from './actor.ts';
import type { Outcome } from './publish.ts';
import { ServiceError } from './service-error.ts';

export interface ReadMarkEffects {
  readonly chats: Pick<ChatRepository, 'markRead'>;
}

const liveEffects: ReadMarkEffects = { chats: createChatRepository(mysql) };

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
