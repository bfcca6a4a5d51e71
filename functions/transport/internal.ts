import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { needsOf, type InternalRoute } from '../contract/route.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';

/**
 * The Lambda handler of a function that others invoke: validates the event, and logs one line with what `describe` says
 * of the answer. An error is logged and rethrown, so that the caller hears of it.
 *
 * @throws Error at the function's start when its environment lacks what the route needs
 */
export const internalHandler = <Request extends z.ZodType, Answer>(
  route: InternalRoute,
  request: Request,
  run: (event: z.output<Request>) => Promise<Answer>,
  describe: (answer: Answer) => Readonly<Record<string, string | number | boolean>>,
): ((event: unknown, context: Pick<Context, 'awsRequestId'>) => Promise<Answer>) => {
  checkEnvironment(needsOf(route));
  return async (event, { awsRequestId }) => {
    logger.appendKeys({ request_id: awsRequestId });
    const startedAt = performance.now();
    const duration = () => ({ duration_ms: Math.round(performance.now() - startedAt) });
    try {
      const answer = await run(request.parse(event));
      logger.info('invocation', { route: route.id, ...describe(answer), ...duration() });
      return answer;
    } catch (error) {
      logger.error('invocation failed', { route: route.id, error: loggedError(error), ...duration() });
      throw error;
    } finally {
      logger.resetKeys();
    }
  };
};
