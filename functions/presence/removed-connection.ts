import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { Publication } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import { liveConnections } from './live.ts';
import { isPresent, isTyping, presenceChanges } from './rules.ts';
import type { Connection, ConnectionChange, ConnectionStore } from './stores/connections.ts';

/** The key of a connection: its id, and its user's. */
export type ConnectionKey = Pick<Connection, 'userId' | 'connectionId'>;

/** Dependencies of the uses that remove a connection. */
export interface RemovalEffects {
  readonly connections: Pick<ConnectionStore, 'remove' | 'removeExpired'>;
  readonly chats: Pick<ParticipantStore, 'findWitnessIdsOfChats' | 'findUnblockedIdsOfChats'>;
  readonly users: Pick<UserStore, 'touchLastSeen'>;
  readonly clock: Clock;
}

/** The stores of this stage. */
export const liveRemoval: RemovalEffects = {
  connections: liveConnections,
  chats: participantStore,
  users: userStore,
  clock: systemClock,
};

/**
 * The events of a removed connection: `user_left` for the chats in which it was the user's last one, `typing_stopped` for
 * the chats in which the user types on no other connection.
 */
export const removalEvents = async (
  change: ConnectionChange,
  { userId, connectionId }: ConnectionKey,
  { chats, clock }: Pick<RemovalEffects, 'chats' | 'clock'>,
): Promise<Publication[]> => {
  const removed = change.before.find((connection) => connection.connectionId === connectionId);
  if (removed === undefined) return [];
  const now = clock();
  // Also typing that has expired: a client that missed its end is helped by a late `typing_stopped`.
  const typing = [...removed.typing.keys()].filter((chatId) => !isTyping(change.after, chatId, now));
  // On another device the user may still be there.
  const left = [...removed.joined].filter((chatId) => !isPresent(change.after, chatId));
  const [witnesses, audiences] = await Promise.all([
    chats.findWitnessIdsOfChats(left, userId),
    chats.findUnblockedIdsOfChats(typing, userId),
  ]);
  return [
    ...left.flatMap((id) => presenceChanges(change, { id, memberIds: witnesses.get(id) ?? [] }, userId)),
    ...typing.map((id) => ({
      chatId: id,
      to: (audiences.get(id) ?? []).filter((member) => member !== userId),
      event: { type: 'typing_stopped' as const, chat_id: id, user_id: userId, expires_in_ms: 0 },
    })),
  ];
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
