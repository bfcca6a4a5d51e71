import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ReadMark } from './contract.ts';
import { readMarkStore } from './live.ts';
import type { ReadMarkStore } from './store.ts';

export interface MarkReadEffects {
  readonly marks: ReadMarkStore;
}

const liveEffects: MarkReadEffects = { marks: readMarkStore };

/**
 * Moves the caller's read mark forward, never back and never past the chat's last message.
 *
 * @returns the position of the mark; an event when it moved
 * @throws ServiceError `chat_not_found`
 */
export const markRead = async (
  actor: Actor,
  chatId: number,
  seq: number,
  { marks }: MarkReadEffects = liveEffects,
): Promise<Outcome<ReadMark>> => {
  const read = await marks.markRead(chatId, actor.userId, seq);
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
