import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { perHour } from './per-hour.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';
import type { CountLimit } from './store.ts';

/** Both limits apply. Neither backs off: each attempt that passes after a wait would be another guess. */
const windows: readonly { readonly name: string; readonly limit: CountLimit }[] = [
  { name: 'hour', limit: perHour(limits.totp_failures_per_hour) },
  {
    name: 'day',
    limit: { max: limits.totp_failures_per_day, windowSeconds: 24 * 60 * 60, backsOff: false },
  },
];

/**
 * Runs a check of a six-digit code within the account's budget of wrong codes, counted from any address and for any
 * purpose. The limits of a log-in do not suffice, since they are for passwords: within them, an attacker who knows the
 * password and uses many addresses could try a six-digit code thousands of times a day, and three codes are valid at
 * any time.
 *
 * Recovery codes need no budget: they let the owner in when somebody else has used up the budget. Nothing resets the
 * budget, not even a right code, which only gives back what it took.
 *
 * @param check throws ServiceError `invalid_totp` for a code that counts
 * @throws ServiceError `rate_limited`, without running the check
 */
export const withinCodeBudget = async <T>(
  userId: number,
  check: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!areOn()) return check();
  const now = epochSeconds(clock());
  const takes = await Promise.all(
    windows.map(async ({ name, limit }) => {
      const key = `code#${userId}#${name}`;
      return { key, wait: await rateLimits.take(key, limit, now) };
    }),
  );
  const giveBack = () =>
    Promise.all(takes.filter(({ wait }) => wait === 0).map(({ key }) => rateLimits.giveBack(key)));
  const wait = Math.max(...takes.map((one) => one.wait));
  if (wait > 0) {
    // One of the windows may have had room: gives its step back, since the code is not checked.
    await giveBack();
    refuse('Too many wrong codes were given for this account. A recovery code still works.', wait);
  }
  return runCountedAttempt(check, {
    succeeded: giveBack,
    failed: async (error) => {
      const isFailure = error instanceof ServiceError && error.error === 'invalid_totp';
      if (!isFailure) await giveBack();
    },
  });
};
