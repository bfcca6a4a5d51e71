import type { BroadcastEffects } from '../events/broadcast.ts';
import type { Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Connection } from './stores/connections.ts';

/**
 * Ends a user's typing in a chat. Never throws: typing that cannot be ended now expires by itself.
 *
 * @param found connections of members, the user's own among them
 * @returns `typing_stopped` for the other members, when the user typed on one of the connections
 */
export const stopTyping = async (
  userId: number,
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  found: readonly Connection[],
  { connections }: { readonly connections: Pick<BroadcastEffects['connections'], 'stopTyping'> },
): Promise<Publication[]> => {
  const typing = found.filter((own) => own.userId === userId && own.typing.has(chat.id));
  if (typing.length === 0) return [];
  try {
    await Promise.all(typing.map((own) => connections.stopTyping(userId, own.connectionId, [chat.id])));
  } catch (error) {
    logger.warn('Typing was not ended', { chat_id: chat.id, error: loggedError(error) });
  }
  return [
    {
      chatId: chat.id,
      to: chat.memberIds.filter((id) => id !== userId),
      event: { type: 'typing_stopped', chat_id: chat.id, user_id: userId, expires_in_ms: 0 },
    },
  ];
};
