import { limits } from '../contract/limits.ts';
import type { RateLimitKind } from '../contract/route.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import type { RateLimit } from './store.ts';

/** The limit of each kind of request, and the message for a user who exceeds it. */
const limitsByKind: Readonly<Record<RateLimitKind, RateLimit & { readonly detail: string }>> = {
  sends: {
    perSecond: limits.sends_per_second,
    burst: limits.sends_burst,
    detail: 'You are sending too many messages.',
  },
  frames: {
    perSecond: limits.frames_per_second,
    burst: limits.frames_burst,
    detail: 'You are sending too many frames.',
  },
  changes: {
    perSecond: limits.changes_per_second,
    burst: limits.changes_burst,
    detail: 'You are changing too much at once.',
  },
  searches: {
    perSecond: limits.searches_per_second,
    burst: limits.searches_burst,
    detail: 'You are searching too often.',
  },
  uploads: {
    perSecond: limits.uploads_per_hour / 3600,
    burst: limits.uploads_per_hour,
    detail: 'You are uploading too many files.',
  },
  tickets: {
    perSecond: limits.tickets_per_second,
    burst: limits.tickets_burst,
    detail: 'You are asking for too many tickets.',
  },
  logins: {
    perSecond: limits.sessions_per_second,
    burst: limits.sessions_burst,
    detail: 'You are logging in too often.',
  },
  refreshes: {
    perSecond: limits.sessions_per_second,
    burst: limits.sessions_burst,
    detail: 'You are refreshing too often.',
  },
  connects: {
    perSecond: limits.connects_per_second,
    burst: limits.connects_burst,
    detail: 'You are opening too many connections.',
  },
};

/**
 * Takes one step of a user's rate limit, counted across all functions and all connections of the user.
 *
 * @throws ServiceError `rate_limited` when the user exceeds the limit
 */
export const assertRateLimit = async (
  kind: RateLimitKind,
  userId: number,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<void> => {
  if (!areOn()) return;
  const { detail, ...limit } = limitsByKind[kind];
  const wait = await rateLimits.takeStep(`${kind}#${userId}`, limit, clock().getTime());
  if (wait > 0) refuse(detail, wait);
};

/**
 * Refuses a request when this execution environment already knows that the user's limit is used up; takes no step. For
 * work that starts concurrently with `assertRateLimit` and would be wasted.
 *
 * @throws ServiceError `rate_limited`
 */
export const refuseIfUsedUp = (
  kind: RateLimitKind,
  userId: number,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): void => {
  if (!areOn()) return;
  const { detail, ...limit } = limitsByKind[kind];
  const wait = rateLimits.usedUpFor(`${kind}#${userId}`, limit, clock().getTime());
  if (wait > 0) refuse(detail, wait);
};
