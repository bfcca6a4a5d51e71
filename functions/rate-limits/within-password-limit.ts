import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import type { CountLimit } from './store.ts';

/** As for log-ins to an account from one address. */
const perSession: CountLimit = {
  max: limits.login_failures_per_account_and_address,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};

/**
 * Runs a check of a logged-in user's password, within a limit on the failures of the session. The limit is per session,
 * so that a thief of a token can neither guess passwords without end, nor keep the owner from logging in or from changing
 * the password.
 *
 * @param run throws ServiceError `wrong_password` for a failure that counts
 * @throws ServiceError `rate_limited`, with a wait that grows with each refusal
 */
export const withinPasswordLimit = async <T>(
  { userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>,
  run: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!areOn()) return run();
  const key = `password#${userId}#${sessionId}`;
  const wait = await rateLimits.take(key, perSession, epochSeconds(clock()));
  if (wait > 0) refuse('Too many wrong passwords.', wait);
  try {
    const result = await run();
    await rateLimits.clear(key);
    return result;
  } catch (error) {
    const isFailure = error instanceof ServiceError && error.error === 'wrong_password';
    if (!isFailure) await rateLimits.giveBack(key);
    throw error;
  }
};
