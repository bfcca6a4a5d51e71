import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';
import type { CountLimit } from './store.ts';

/** The same limit as for log-ins to an account from one address. */
const perSession: CountLimit = {
  max: limits.login_failures_per_account_and_address,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};

type SessionKey = Pick<Actor, 'userId' | 'sessionId'>;

/**
 * The proofs that a logged-in user may have to repeat: the error of a failure that counts, and the message of a
 * refusal.
 */
const proofs = {
  password: { failure: 'wrong_password', detail: 'Too many wrong passwords.' },
  totp: { failure: 'invalid_totp', detail: 'Too many wrong codes.' },
} as const;

const within = async <T>(
  proof: keyof typeof proofs,
  { userId, sessionId }: SessionKey,
  run: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects,
): Promise<T> => {
  if (!areOn()) return run();
  const { failure, detail } = proofs[proof];
  const key = `${proof}#${userId}#${sessionId}`;
  const wait = await rateLimits.take(key, perSession, epochSeconds(clock()));
  if (wait > 0) refuse(detail, wait);
  return runCountedAttempt(run, {
    succeeded: () => rateLimits.clear(key),
    failed: async (error) => {
      const isFailure = error instanceof ServiceError && error.error === failure;
      if (!isFailure) await rateLimits.giveBack(key);
    },
  });
};

/**
 * Runs a check of a logged-in user's password, within a limit on the failures of the session. The limit is per
 * session, so that a thief of a token can neither guess passwords indefinitely, nor keep the owner from logging in or
 * from changing the password.
 *
 * @param run throws ServiceError `wrong_password` for a failure that counts
 * @throws ServiceError `rate_limited`, with a wait that grows with each refusal
 */
export const withinPasswordLimit = <T>(
  session: SessionKey,
  run: () => Promise<T>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<T> => within('password', session, run, effects);

/**
 * Like `withinPasswordLimit`, for a code of a second factor. It has a limit of its own: otherwise a user who knows
 * the password could reset the count of wrong codes by entering it.
 *
 * @param run throws ServiceError `invalid_totp` for a failure that counts
 * @throws ServiceError `rate_limited`, with a wait that grows with each refusal
 */
export const withinTotpLimit = <T>(
  session: SessionKey,
  run: () => Promise<T>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<T> => within('totp', session, run, effects);
