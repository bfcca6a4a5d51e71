import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { findWitnessIds } from './find-member-ids.ts';
import { onRegistered, type ConnectionIdentity } from './lease.ts';
import { liveConnections } from './live.ts';
import { presenceChanges } from './rules.ts';
import type { ConnectionStore } from './stores/connections.ts';

export interface LeaveChatEffects {
  readonly participants: Pick<ParticipantStore, 'findWitnessIds'>;
  readonly connections: Pick<ConnectionStore, 'leave' | 'register'>;
  readonly clock: Clock;
}

const liveEffects: LeaveChatEffects = {
  participants: participantStore,
  connections: liveConnections,
  clock: systemClock,
};

/**
 * Stores that the user no longer looks at a chat on this connection. They stay a member of the chat.
 *
 * @returns `user_left`, when the user is present there on no other connection
 * @throws ServiceError `chat_not_found`
 */
export const leaveChat = async (
  actor: Actor,
  identity: ConnectionIdentity,
  chatId: number,
  effects: LeaveChatEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { connectionId } = identity;
  const memberIds = await findWitnessIds(chatId, actor.userId, effects);
  const change = await onRegistered(actor, identity, effects, () =>
    effects.connections.leave(actor.userId, connectionId, chatId),
  );
  return {
    result: undefined,
    events: presenceChanges(change, { id: chatId, memberIds }, actor.userId, connectionId),
  };
};
