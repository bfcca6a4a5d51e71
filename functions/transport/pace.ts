import { paceAhead, paceOf, type Route } from '../contract/route.ts';
import { assertPace } from '../rate-limits/rate-limits.ts';

/**
 * Takes a step of the route's pace before anything else is done for the user. A route whose service takes the pace
 * itself, and one without a pace, takes none here.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePace = async (route: Route, userId: number): Promise<void> => {
  const pace = paceAhead(route);
  if (pace !== undefined) await assertPace(pace, userId);
};

/**
 * Takes the step for input that does not fit the route's schema, so that it never reaches the service that would have
 * taken it. What does not fit counts as what does.
 *
 * @throws ServiceError `rate_limited`
 */
export const takePaceOfMisfit = async (route: Route, userId: number): Promise<void> => {
  const pace = paceOf(route);
  if (pace !== undefined && paceAhead(route) === undefined) await assertPace(pace, userId);
};
