import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { findPresenceAudience } from './find-audience.ts';
import {
  liveRegistration,
  changeOrReregister,
  type ConnectionIdentity,
  type RegistrationEffects,
} from './lease.ts';
import { presenceEventsOf } from './rules.ts';
import type { ConnectionStore } from './stores/connections.ts';

export interface JoinChatEffects extends RegistrationEffects {
  readonly participants: Pick<ParticipantStore, 'findPresenceAudience'>;
  readonly connections: Pick<ConnectionStore, 'join' | 'register' | 'renewLease'>;
}

const liveEffects: JoinChatEffects = {
  ...liveRegistration,
  participants: participantStore,
};

/**
 * Stores that the user has the chat open on this connection.
 *
 * @returns `user_joined`, when the user was present there on no other connection
 * @throws ServiceError `chat_not_found`
 */
export const joinChat = async (
  actor: Actor,
  identity: ConnectionIdentity,
  chatId: number,
  effects: JoinChatEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { connectionId } = identity;
  const memberIds = await findPresenceAudience(chatId, actor.userId, effects);
  const change = await changeOrReregister(actor, identity, effects, () =>
    effects.connections.join(actor.userId, connectionId, chatId),
  );
  return {
    result: undefined,
    events: presenceEventsOf(change, { id: chatId, memberIds }, actor.userId, connectionId),
  };
};
