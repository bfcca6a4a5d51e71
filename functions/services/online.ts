import type { Clock } from '../platform/clock.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { isLive } from './live-connections.ts';

/** What users' connections say of them. */
export interface Presences {
  /** Whether a user has a live connection. */
  readonly has: (userId: number) => boolean;
  /**
   * When a user was last seen, as answers show it: by what MySQL knows and by what their connections last sent,
   * whichever is later. Who never logged in, or has gone, has no `last_seen` in MySQL and none here.
   */
  readonly lastSeen: (user: { readonly id: number; readonly last_seen: Date | null }) => string | null;
}

/** Looks at the connections of users: one request per 100. */
export const findPresences = async (
  userIds: readonly number[],
  {
    connections,
    clock,
  }: { readonly connections: Pick<ConnectionRepository, 'findByUsers'>; readonly clock: Clock },
): Promise<Presences> => {
  const found = userIds.length === 0 ? [] : await connections.findByUsers(userIds);
  const online = new Set(found.filter((connection) => isLive(connection, clock)).map(({ userId }) => userId));
  const seenAtMs = new Map<number, number>();
  for (const connection of found) {
    seenAtMs.set(connection.userId, Math.max(connection.seenAtMs, seenAtMs.get(connection.userId) ?? 0));
  }
  return {
    has: (userId) => online.has(userId),
    lastSeen: ({ id, last_seen: stored }) =>
      stored && new Date(Math.max(stored.getTime(), seenAtMs.get(id) ?? 0)).toISOString(),
  };
};
