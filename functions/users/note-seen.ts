import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { userStore } from './live.ts';
import { type UserStore } from './stores/users.ts';

export interface LastSeenEffects {
  readonly users: Pick<UserStore, 'touchLastSeen'>;
  readonly clock: Clock;
}

const liveEffects: LastSeenEffects = { users: userStore, clock: systemClock };

/** `last_seen` is a minute late at most; this leaves some seconds for the request itself. */
const WRITE_EVERY_MS = 50_000;
const REMEMBERED_MAX = 10_000;

/**
 * Notes that users were seen, for requests over HTTP. A function writes it once in `WRITE_EVERY_MS` for a user, however
 * many requests there are. What a connection sends needs no note: it renews the connection's lease, which is read where
 * `last_seen` is shown (decision 21).
 */
export const createLastSeen = ({ users, clock }: LastSeenEffects = liveEffects) => {
  const notedAtMs = new Map<number, number>();
  /** Never throws: the request counts for more than its trace. */
  return async (userId: number): Promise<void> => {
    const now = clock();
    if (now.getTime() - (notedAtMs.get(userId) ?? 0) < WRITE_EVERY_MS) return;
    if (notedAtMs.size >= REMEMBERED_MAX) notedAtMs.clear();
    // Also when it fails: while MySQL is away, not every request shall wait for it.
    notedAtMs.set(userId, now.getTime());
    try {
      await users.touchLastSeen(userId, now);
    } catch (error) {
      logger.warn('That a user was seen could not be noted', { error: loggedError(error) });
    }
  };
};

/** The function's own notes. */
export const noteSeen = createLastSeen();
