import { mysql } from '../platform/mysql.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import type { ReadMark } from '../routes/chats.ts';
import type { Actor } from './actor.ts';
import { broadcastToChat, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { ServiceError } from './service-error.ts';

export interface ReadMarkEffects extends BroadcastEffects {
  readonly chats: Pick<ChatRepository, 'markRead'>;
}

const liveEffects: ReadMarkEffects = { ...liveBroadcast, chats: createChatRepository(mysql) };

/** A read mark, and who is to be told of it: nobody when it did not move. */
export interface ReadNews {
  readonly mark: ReadMark;
  readonly memberIds: readonly number[];
}

/**
 * Moves the caller's read mark forward, never back and never past the end.
 *
 * @throws ServiceError `chat_not_found`
 */
export const markRead = async (
  actor: Actor,
  chatId: number,
  seq: number,
  { chats }: Pick<ReadMarkEffects, 'chats'> = liveEffects,
): Promise<ReadNews> => {
  const result = await chats.markRead(chatId, actor.userId, seq);
  if (result === undefined) throw new ServiceError('chat_not_found');
  const { lastReadSeq, unreadCount, moved, memberIds } = result;
  return {
    mark: { chat_id: chatId, last_read_seq: lastReadSeq, unread_count: unreadCount },
    memberIds: moved ? memberIds : [],
  };
};

/** Tells everyone in a chat how far someone has read. */
export const announceReadMark = async (
  actor: Actor,
  { mark, memberIds }: ReadNews,
  effects: ReadMarkEffects = liveEffects,
): Promise<void> => {
  if (memberIds.length === 0) return;
  await broadcastToChat(
    { id: mark.chat_id, memberIds },
    { type: 'read_receipt', chat_id: mark.chat_id, user_id: actor.userId, seq: mark.last_read_seq },
    effects,
  );
};
