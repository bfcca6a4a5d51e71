import { paceAhead, paceOf, type Route } from '../contract/route.ts';
import { assertPace } from '../rate-limits/assert-pace.ts';

/**
 * Takes a step of the route's rate limit before any other work for the user. A no-op for a route without a rate
 * limit, and for one whose service function takes the step itself.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePace = async (route: Route, userId: number): Promise<void> => {
  const pace = paceAhead(route);
  if (pace !== undefined) await assertPace(pace, userId);
};

/**
 * Takes a step of the route's rate limit for input that fails the route's schema, when the service function would
 * take the step but is not called. Invalid input counts like valid input.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePaceOfMisfit = async (route: Route, userId: number): Promise<void> => {
  const pace = paceOf(route);
  if (pace !== undefined && paceAhead(route) === undefined) await assertPace(pace, userId);
};
