import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { perHour } from './per-hour.ts';
import { settled } from './settled.ts';
import type { CountLimit } from './store.ts';

/** Both hold. Neither backs off: each try that passes after a wait would be one more guess. */
const windows: readonly { readonly name: string; readonly limit: CountLimit }[] = [
  { name: 'hour', limit: perHour(limits.totp_failures_per_hour) },
  {
    name: 'day',
    limit: { max: limits.totp_failures_per_day, windowSeconds: 24 * 60 * 60, backsOff: false },
  },
];

/**
 * Runs a check of a six-digit code within the account's budget of wrong ones, from anywhere and for whatever the code is
 * asked. The limits of a log-in are for passwords: within them, somebody who knows the password and comes from many
 * addresses tries a code of six digits thousands of times a day, and three codes are good at any time.
 *
 * Recovery codes need no budget, and are the owner's way in where somebody else has used it up. Nothing clears it, a right
 * code included: it is given back what it took.
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
    // One window had room: what is not checked is not counted.
    await giveBack();
    refuse('Too many wrong codes were given for this account. A recovery code still works.', wait);
  }
  return settled(check, {
    succeeded: giveBack,
    failed: async (error) => {
      const isFailure = error instanceof ServiceError && error.error === 'invalid_totp';
      if (!isFailure) await giveBack();
    },
  });
};
