import { limits } from '../contract/limits.ts';
import { epochSeconds } from '../platform/clock.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';
import type { CountLimit } from './store.ts';

const perDay: CountLimit = {
  max: limits.reports_per_day,
  windowSeconds: 24 * 60 * 60,
  backsOff: false,
};

/**
 * Stores a report within the user's daily limit. A report that exists already, or that fails, does not count.
 *
 * @param store returns whether the report is new
 * @throws ServiceError `rate_limited`
 */
export const withinReportLimit = async <T extends { readonly isNew: boolean }>(
  userId: number,
  store: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!areOn()) return store();
  const key = `reports#${userId}`;
  const wait = await rateLimits.take(key, perDay, epochSeconds(clock()));
  if (wait > 0) refuse(`You may report ${limits.reports_per_day} times a day.`, wait);
  return runCountedAttempt(store, {
    succeeded: async ({ isNew }) => {
      if (!isNew) await rateLimits.giveBack(key);
    },
    failed: () => rateLimits.giveBack(key),
  });
};
