import { mysql } from '../platform/mysql.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import type { ReadMark } from '../routes/chats.ts';
import type { Actor } from './actor.ts';
import { broadcastToChat, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { ServiceError } from './service-error.ts';

export interface ReadMarkEffects extends BroadcastEffects {
  readonly chats: Pick<ChatRepository, 'markRead' | 'findMemberIds'>;
}

const liveEffects: ReadMarkEffects = { ...liveBroadcast, chats: createChatRepository(mysql) };

/**
 * Moves the caller's read mark forward, never back and never past the end.
 *
 * @returns where it is, and whether it moved: then there is something to tell
 * @throws ServiceError `chat_not_found`
 */
export const markRead = async (
  actor: Actor,
  chatId: number,
  seq: number,
  { chats }: Pick<ReadMarkEffects, 'chats'> = liveEffects,
): Promise<{ readonly mark: ReadMark; readonly moved: boolean }> => {
  const result = await chats.markRead(chatId, actor.userId, seq);
  if (result === undefined) throw new ServiceError('chat_not_found');
  const { lastReadSeq, unreadCount, moved } = result;
  return { mark: { chat_id: chatId, last_read_seq: lastReadSeq, unread_count: unreadCount }, moved };
};

/** Tells everyone in a chat how far someone has read. Never throws. */
export const announceReadMark = async (
  actor: Actor,
  { mark, moved }: { readonly mark: ReadMark; readonly moved: boolean },
  effects: ReadMarkEffects = liveEffects,
): Promise<void> => {
  if (!moved) return;
  const memberIds = (await effects.chats.findMemberIds(mark.chat_id, actor.userId)) ?? [];
  await broadcastToChat(
    { id: mark.chat_id, memberIds },
    { type: 'read_receipt', chat_id: mark.chat_id, user_id: actor.userId, seq: mark.last_read_seq },
    effects,
  );
};
