import type { Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { isLive } from './live-connections.ts';

interface OnlineEffects {
  readonly connections: Pick<ConnectionRepository, 'findByUsers'>;
  readonly clock: Clock;
}

/** Which of the users have a live connection. */
export const findOnline = async (
  userIds: readonly number[],
  { connections, clock }: OnlineEffects,
): Promise<Set<number>> => {
  const found = userIds.length === 0 ? [] : await connections.findByUsers(userIds);
  return new Set(found.filter((connection) => isLive(connection, clock)).map(({ userId }) => userId));
};

/**
 * As `findOnline`, beside a change that is stored: who is online adds to the answer, and not knowing it must not turn
 * the answer into an error.
 */
export const findOnlineIfKnown: typeof findOnline = async (userIds, effects) => {
  try {
    return await findOnline(userIds, effects);
  } catch (error) {
    logger.warn('Who is online is not known', { error: loggedError(error) });
    return new Set();
  }
};
