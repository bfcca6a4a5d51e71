import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { createMemory } from '../platform/memory.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface LastSeenEffects {
  readonly users: Pick<UserStore, 'touchLastSeen'>;
  readonly clock: Clock;
}

const liveEffects: LastSeenEffects = { users: userStore, clock: systemClock };

/** `last_seen` may be at most a minute late; this leaves ten seconds for the request itself. */
const WRITE_EVERY_MS = 50_000;
/** Users whose last write a function remembers; beyond that it forgets all of them. */
const REMEMBERED_MAX = 10_000;

/**
 * Creates the recording of `last_seen` for HTTP requests. A function writes it at most once in `WRITE_EVERY_MS` per user.
 * Frames on a connection need no write: they renew the connection's lease, which is read where `last_seen` is shown
 * (decision 21).
 */
export const createLastSeen = ({ users, clock }: LastSeenEffects = liveEffects) => {
  const notedAtMs = createMemory<number, number>(REMEMBERED_MAX);
  /** Never throws: a request does not fail because `last_seen` cannot be written. */
  return async (userId: number): Promise<void> => {
    const now = clock();
    if (now.getTime() - (notedAtMs.get(userId) ?? 0) < WRITE_EVERY_MS) return;
    // Before the write, so that also a failed one counts: while MySQL is away, not every request waits for it.
    notedAtMs.set(userId, now.getTime());
    try {
      await users.touchLastSeen(userId, now);
    } catch (error) {
      logger.warn('That a user was seen could not be noted', { error: loggedError(error) });
    }
  };
};

/** Records that a user was seen, with the memory of this Lambda function. Never throws. */
export const noteSeen = createLastSeen();
