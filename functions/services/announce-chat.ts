import { loggedError, logger } from '../platform/logger.ts';
import type { Connection } from '../repositories/dynamodb/connections.ts';
import type { Chat, ChatDetail } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { getChat, liveChats, type ChatEffects } from './chats.ts';
import { carries } from './live-connections.ts';

export type AnnounceChatEffects = ChatEffects & BroadcastEffects;

const liveEffects: AnnounceChatEffects = { ...liveChats, ...liveBroadcast };

/**
 * Shows everyone in a new chat the chat as they see it, on connections that were already open. Never throws.
 *
 * @param chat as the actor sees it
 */
export const announceChat = async (
  actor: Actor,
  chat: ChatDetail,
  effects: AnnounceChatEffects = liveEffects,
): Promise<void> => {
  try {
    const { participants, ...own } = chat;
    const found = await effects.connections.findByUsers(participants.map(({ id }) => id));
    const carrying = found.filter((connection) => carries(connection, chat.id));
    const byUser = Map.groupBy<number, Connection>(carrying, ({ userId }) => userId);
    await Promise.all(
      [...byUser].map(async ([userId, connections]) => {
        const seen = userId === actor.userId ? own : await asSeenBy(userId, own, effects);
        await broadcast(connections, { type: 'chat_created', chat: seen }, effects);
      }),
    );
  } catch (error) {
    logger.error('A new chat was not announced', { chat_id: chat.id, error: loggedError(error) });
  }
};

/** A new chat as someone other than its creator sees it: a group differs only in who is admin. */
const asSeenBy = async (userId: number, chat: Chat, effects: AnnounceChatEffects): Promise<Chat> => {
  if (chat.chat_type === 'group') return { ...chat, is_admin: false };
  const { participants: _, ...seen } = await getChat({ userId }, chat.id, effects);
  return seen;
};
