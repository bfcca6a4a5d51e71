import type { Outcome } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import {
  liveRemoval,
  removalEvents,
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
  // Before the registration is removed, which also says when the user was seen: `last_seen` never moves back.
  await storeLastSeen(userId, effects);
  try {
    const change = await effects.connections.remove(userId, connectionId);
    return { result: undefined, events: await removalEvents(change, { userId, connectionId }, effects) };
  } catch (error) {
    // API Gateway sends $disconnect once. The reaper ends the connection's presence when its lease is over.
    logger.error('A connection was not forgotten', { error: loggedError(error) });
    return { result: undefined, events: [] };
  }
};
