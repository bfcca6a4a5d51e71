import { paceAhead, paceOf, type Route } from '../contract/route.ts';
import { assertPace } from '../rate-limits/assert-pace.ts';

/**
 * Takes a step of the route's pace before any other work for the user. No-op for a route without a pace, and for one
 * whose use takes the pace itself.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePace = async (route: Route, userId: number): Promise<void> => {
  const pace = paceAhead(route);
  if (pace !== undefined) await assertPace(pace, userId);
};

/**
 * Takes a step of the route's pace for input that fails the route's schema, where the use takes the pace itself and is
 * not called. Invalid input counts like valid input.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePaceOfMisfit = async (route: Route, userId: number): Promise<void> => {
  const pace = paceOf(route);
  if (pace !== undefined && paceAhead(route) === undefined) await assertPace(pace, userId);
};
