import type { Outcome } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import {
  liveRemoval,
  removedConnectionEvents,
  storeLastSeen,
  type ConnectionKey,
  type RemovalEffects,
} from './removed-connection.ts';

/**
 * Removes the registration of a connection that was closed. Never throws.
 *
 * @returns `user_left` and `typing_stopped` for the chats in which the user was present, or typed, on no other connection
 */
export const closeConnection = async (
  { userId, connectionId }: ConnectionKey,
  effects: RemovalEffects = liveRemoval,
): Promise<Outcome<void>> => {
  // Before the registration is removed: the registration holds the last-seen time as well, and `last_seen` must never
  // move back.
  await storeLastSeen(userId, effects);
  try {
    const change = await effects.connections.remove(userId, connectionId);
    return {
      result: undefined,
      events: await removedConnectionEvents(change, { userId, connectionId }, effects),
    };
  } catch (error) {
    // API Gateway sends $disconnect only once. The reaper ends the connection's presence when its lease expires.
    logger.error('A connection was not forgotten', { error: loggedError(error) });
    return { result: undefined, events: [] };
  }
};
