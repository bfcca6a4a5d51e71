import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface LastSeenEffects {
  readonly users: Pick<UserStore, 'touchLastSeen'>;
  readonly clock: Clock;
}

const liveEffects: LastSeenEffects = { users: userStore, clock: systemClock };

/** `last_seen` may lag by at most a minute; this leaves ten seconds for the request itself. */
const WRITE_EVERY_MS = 50_000;
/** Size of the cache of last writes; when it is full, it is emptied. */
const REMEMBERED_MAX = 10_000;

/**
 * Creates the function that records `last_seen` for HTTP requests. An execution environment writes it at most once
 * per `WRITE_EVERY_MS` and user. Frames on a connection need no write: they renew the connection's lease, which is
 * read where `last_seen` is shown (decision 21).
 */
export const createLastSeenRecorder = ({ users, clock }: LastSeenEffects = liveEffects) => {
  const notedAtMs = createBoundedCache<number, number>(REMEMBERED_MAX);
  /** Never throws: a request does not fail because `last_seen` cannot be written. */
  return async (userId: number): Promise<void> => {
    const now = clock();
    if (now.getTime() - (notedAtMs.get(userId) ?? 0) < WRITE_EVERY_MS) return;
    // Noted before the write, so that a failed write counts, too: while MySQL is unavailable, not every request waits
    // for it.
    notedAtMs.set(userId, now.getTime());
    try {
      await users.touchLastSeen(userId, now);
    } catch (error) {
      logger.warn('That a user was seen could not be noted', { error: loggedError(error) });
    }
  };
};

/** Records that a user was seen, with the cache of this execution environment. Never throws. */
export const recordLastSeen = createLastSeenRecorder();
