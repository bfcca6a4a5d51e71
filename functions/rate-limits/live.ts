import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { baseEnvironment, environmentOf } from '../platform/environment.ts';
import { createRateLimitStore, type RateLimitStore } from './store.ts';

export interface RateLimitEffects {
  readonly rateLimits: RateLimitStore;
  readonly clock: Clock;
  /** Whether limits are enforced; only the local cloud can switch them off. */
  readonly areOn: () => boolean;
}

/** The live effects of rate limits in this stage. */
export const liveRateLimits: RateLimitEffects = {
  rateLimits: createRateLimitStore(dynamodb, () => environmentOf('rate-limits').SESSIONS_TABLE),
  clock: systemClock,
  areOn: () => {
    const { RATE_LIMITS, STAGE } = baseEnvironment();
    return !(RATE_LIMITS === 'off' && STAGE === 'local');
  },
};

/** Refuses a request. @param retryAfter in seconds @throws ServiceError `rate_limited` */
export const refuse = (detail: string, retryAfter: number): never => {
  throw new ServiceError('rate_limited', { detail, retryAfter });
};
