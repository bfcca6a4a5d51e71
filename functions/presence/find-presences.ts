import type { Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { isLive } from './live.ts';
import type { Connection, ConnectionStore } from './stores/connections.ts';

interface OnlineEffects {
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

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

const presencesOf = (found: readonly Connection[], clock: Clock): Presences => {
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

/** Looks at the connections of users: one request per 100. */
export const findPresences = async (
  userIds: readonly number[],
  { connections, clock }: OnlineEffects,
): Promise<Presences> =>
  presencesOf(userIds.length === 0 ? [] : await connections.findByUsers(userIds), clock);

/**
 * As `findPresences`, beside a change that is stored: who is online adds to the answer, and not knowing it must not turn
 * the answer into an error.
 */
export const findPresencesIfKnown: typeof findPresences = async (userIds, effects) => {
  try {
    return await findPresences(userIds, effects);
  } catch (error) {
    logger.warn('Who is online is not known', { error: loggedError(error) });
    return presencesOf([], effects.clock);
  }
};
