import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { Publication } from '../events/publish.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import { liveConnections } from './live.ts';
import { isPresent, isTyping, presenceEventsOf, typingStoppedEvent } from './rules.ts';
import type { Connection, ConnectionChange, ConnectionStore } from './stores/connections.ts';

/** The key of a connection: its id, and its user's. */
export type ConnectionKey = Pick<Connection, 'userId' | 'connectionId'>;

/** Dependencies of the events of connections that have closed a chat. */
export interface PresenceEndEffects {
  readonly participants: Pick<ParticipantStore, 'findPresenceAudiences' | 'findUnblockedIdsOfChats'>;
  readonly clock: Clock;
}

/** Dependencies of service functions that remove a connection. */
export interface RemovalEffects extends PresenceEndEffects {
  readonly connections: Pick<ConnectionStore, 'register' | 'remove' | 'removeExpired'>;
  readonly users: Pick<UserStore, 'touchLastSeen'>;
}

/** The live effects of removing connections in this stage. */
export const liveRemoval: RemovalEffects = {
  connections: liveConnections,
  participants: participantStore,
  users: userStore,
  clock: systemClock,
};

/**
 * The events of a connection that was removed or has left a chat: `user_left` for chats in which it was the user's
 * last connection, `typing_stopped` for chats in which the user types on no other connection.
 */
export const presenceEndEvents = async (
  change: ConnectionChange,
  { userId, connectionId }: ConnectionKey,
  { participants, clock }: PresenceEndEffects,
): Promise<Publication[]> => {
  const isIt = (connection: Connection): boolean => connection.connectionId === connectionId;
  const before = change.before.find(isIt);
  if (before === undefined) return [];
  const stillTypes = change.after.find(isIt)?.typing;
  const now = clock();
  // Including expired typing: a late `typing_stopped` helps a client that missed the expiry.
  const typing = [...before.typing.keys()].filter(
    (chatId) => stillTypes?.has(chatId) !== true && !isTyping(change.after, chatId, now),
  );
  // The user may still be present on another device.
  const left = [...before.joined].filter((chatId) => !isPresent(change.after, chatId));
  const [presenceAudiences, typingAudiences] = await Promise.all([
    participants.findPresenceAudiences(left, userId),
    participants.findUnblockedIdsOfChats(typing, userId),
  ]);
  return [
    ...left.flatMap((id) =>
      presenceEventsOf(change, { id, memberIds: presenceAudiences.get(id) ?? [] }, userId),
    ),
    ...typing.map((chatId) => typingStoppedEvent(chatId, userId, typingAudiences.get(chatId) ?? [])),
  ];
};

/**
 * Like `presenceEndEvents`, for a removed connection. When the events cannot be built now, puts the registration back
 * with an expired lease, so that the reaper removes it again and publishes the events.
 */
export const removedConnectionEvents = async (
  change: ConnectionChange,
  key: ConnectionKey,
  effects: Pick<RemovalEffects, 'connections' | 'participants' | 'clock'>,
): Promise<Publication[]> => {
  try {
    return await presenceEndEvents(change, key, effects);
  } catch (error) {
    const removed = change.before.find(({ connectionId }) => connectionId === key.connectionId);
    if (removed !== undefined) {
      await effects.connections.register({ ...removed, leaseUntil: epochSeconds(effects.clock()) });
    }
    throw error;
  }
};

/** Stores in MySQL that the user was seen now. Never throws: the connection is removed in any case. */
export const storeLastSeen = async (
  userId: number,
  { users, clock }: Pick<RemovalEffects, 'users' | 'clock'>,
): Promise<void> => {
  try {
    await users.touchLastSeen(userId, clock());
  } catch (error) {
    logger.warn('That a user was seen could not be noted', { error: loggedError(error) });
  }
};
