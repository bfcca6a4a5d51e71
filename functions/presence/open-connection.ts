import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { limits } from '../contract/limits.ts';
import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLiveNow } from '../sessions/check-session.ts';
import { endConnection } from './end-connections.ts';
import { findPresenceAudience } from './find-audience.ts';
import { newConnection, type ConnectionIdentity } from './lease.ts';
import { isLive } from './live.ts';
import { presenceEventsOf } from './rules.ts';
import type { Connection } from './stores/connections.ts';

export interface OpenConnectionEffects extends Pick<BroadcastEffects, 'connections' | 'gateway' | 'clock'> {
  readonly participants: Pick<ParticipantStore, 'findPresenceAudience'>;
  readonly assertSessionIsLive: (actor: Actor) => Promise<void>;
}

const liveEffects: OpenConnectionEffects = {
  ...liveBroadcast,
  participants: participantStore,
  assertSessionIsLive: (actor) => assertSessionIsLiveNow(actor),
};

/** Closes the user's oldest connections beyond `limits.connections_per_user`. */
const closeSurplus = async (
  connections: readonly Connection[],
  effects: Pick<OpenConnectionEffects, 'gateway' | 'clock'>,
): Promise<void> => {
  const live = connections
    .filter((connection) => isLive(connection, effects.clock))
    .toSorted((a, b) => a.connectedAtMs - b.connectedAtMs);
  const surplus = live.slice(0, Math.max(0, live.length - limits.connections_per_user));
  // Their $disconnect removes the registrations and publishes the events.
  await Promise.all(
    surplus.map(({ connectionId }) => endConnection(connectionId, 'too_many_connections', null, effects)),
  );
};

/**
 * Registers a connection that is about to open. A connection with a scope joins that chat.
 *
 * The session is checked after the registration: code that ends the session later finds the connection and closes it.
 *
 * @returns `user_joined` for the chat in scope, when the user was not present there
 * @throws ServiceError `chat_not_found` when the user is not a member of the chat in scope; `session_revoked`
 */
export const openConnection = async (
  actor: Actor,
  identity: ConnectionIdentity,
  effects: OpenConnectionEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { scope, connectionId } = identity;
  const memberIds = scope === null ? [] : await findPresenceAudience(scope, actor.userId, effects);
  const registered = await effects.connections.register(newConnection(actor, identity, effects.clock));
  try {
    await effects.assertSessionIsLive(actor);
  } catch (error) {
    await effects.connections.remove(actor.userId, connectionId);
    throw error;
  }
  // The connection is registered already: an earlier attempt of this request, whose response was lost, did it.
  if (registered !== undefined) await closeSurplus(registered.after, effects);
  if (scope === null) return { result: undefined, events: [] };
  // Joins after the registration rather than as part of it: a handshake that is refused in between makes nobody
  // present.
  const change = await effects.connections.join(actor.userId, connectionId, scope);
  return {
    result: undefined,
    events: presenceEventsOf(change, { id: scope, memberIds }, actor.userId, connectionId),
  };
};
