import type { Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { isLive } from './live.ts';
import type { Connection, ConnectionStore } from './stores/connections.ts';

export interface FindPresencesEffects {
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

/** The presence of a set of users: who is online, and when each was last seen. */
export interface Presences {
  /** Whether a user has a live connection. */
  readonly has: (userId: number) => boolean;
  /**
   * When a user was last seen, in ISO 8601: the later of `last_seen` in MySQL and the last frame on their connections.
   * Null when `last_seen` is null in MySQL: the user has never logged in, or the account is gone.
   */
  readonly lastSeen: (user: { readonly id: number; readonly last_seen: Date | null }) => string | null;
}

/** A user's presence as shown to a viewer, from whom it may be hidden. */
export const shownPresence = (
  user: { readonly id: number; readonly last_seen: Date | null; readonly is_hidden: boolean },
  presences: Pick<Presences, 'has' | 'lastSeen'>,
): { readonly online: boolean; readonly last_seen: string | null } =>
  user.is_hidden
    ? { online: false, last_seen: null }
    : { online: presences.has(user.id), last_seen: presences.lastSeen(user) };

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

/** Looks up the connections of users: one request to DynamoDB per 100 users. @throws StoreUnavailableError */
export const findPresences = async (
  userIds: readonly number[],
  { connections, clock }: FindPresencesEffects,
): Promise<Presences> =>
  presencesOf(userIds.length === 0 ? [] : await connections.findByUsers(userIds), clock);

/**
 * Like `findPresences`, for the response to a stored change: when the look-up fails, everybody counts as offline, so
 * that the response does not become an error.
 */
export const findPresencesIfKnown: typeof findPresences = async (userIds, effects) => {
  try {
    return await findPresences(userIds, effects);
  } catch (error) {
    logger.warn('Who is online is not known', { error: loggedError(error) });
    return presencesOf([], effects.clock);
  }
};
