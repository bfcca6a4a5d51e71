import { rateLimitOfTransport, rateLimitOf, type Route } from '../contract/route.ts';
import { assertRateLimit } from '../rate-limits/assert-rate-limit.ts';

/**
 * Takes a step of the route's rate limit before any other work for the user. A no-op for a route without a rate
 * limit, and for one whose service function takes the step itself.
 *
 * @throws ServiceError `rate_limited`
 */
export const takeRateLimitStep = async (route: Route, userId: number): Promise<void> => {
  const kind = rateLimitOfTransport(route);
  if (kind !== undefined) await assertRateLimit(kind, userId);
};

/**
 * Takes a step of the route's rate limit for input that fails the route's schema, when the service function would
 * take the step but is not called. Invalid input counts like valid input.
 *
 * @throws ServiceError `rate_limited`
 */
export const takeRateLimitStepForInvalidInput = async (route: Route, userId: number): Promise<void> => {
  const kind = rateLimitOf(route);
  if (kind !== undefined && rateLimitOfTransport(route) === undefined) await assertRateLimit(kind, userId);
};
