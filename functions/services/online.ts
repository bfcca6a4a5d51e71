import type { Clock } from '../platform/clock.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { isLive } from './live-connections.ts';

/** Which of the users have a live connection. */
export const findOnline = async (
  userIds: readonly number[],
  {
    connections,
    clock,
  }: { readonly connections: Pick<ConnectionRepository, 'findByUsers'>; readonly clock: Clock },
): Promise<Set<number>> => {
  const found = userIds.length === 0 ? [] : await connections.findByUsers(userIds);
  return new Set(found.filter((connection) => isLive(connection, clock)).map(({ userId }) => userId));
};
