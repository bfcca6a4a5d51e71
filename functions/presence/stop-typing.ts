import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { BroadcastEffects } from '../events/broadcast.ts';
import type { Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { typingStoppedEvent } from './rules.ts';
import type { Connection } from './stores/connections.ts';

export interface StopTypingEffects {
  readonly connections: Pick<BroadcastEffects['connections'], 'stopTyping'>;
  readonly participants: Pick<ParticipantStore, 'findUnblockedIdsOfChats'>;
}

/**
 * Ends a user's typing in a chat. Never throws: typing that cannot be ended or published now expires by itself. The
 * audience is looked up only when the user was typing: a message that was not preceded by typing costs no extra round
 * trip.
 *
 * @param found connections of members, including the user's own
 * @returns `typing_stopped` for the other members who could see the user type, when the user was typing on one of the
 *   connections
 */
export const stopTyping = async (
  userId: number,
  chatId: number,
  found: readonly Connection[],
  { connections, participants }: StopTypingEffects,
): Promise<Publication[]> => {
  const typing = found.filter((own) => own.userId === userId && own.typing.has(chatId));
  if (typing.length === 0) return [];
  const [audience, stopped] = await Promise.allSettled([
    // The user may have left the chat since the message was stored.
    participants.findUnblockedIdsOfChats([chatId], userId),
    Promise.all(typing.map((own) => connections.stopTyping(userId, own.connectionId, [chatId]))),
  ]);
  for (const result of [audience, stopped]) {
    if (result.status === 'fulfilled') continue;
    logger.warn('Typing was not ended', { chat_id: chatId, error: loggedError(result.reason) });
  }
  if (audience.status === 'rejected') return [];
  return [typingStoppedEvent(chatId, userId, audience.value.get(chatId) ?? [])];
};
