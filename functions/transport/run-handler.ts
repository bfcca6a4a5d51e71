import type { Context } from 'aws-lambda';
import { needsOf, type Route } from '../contract/route.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';

/**
 * The Lambda handler of a function that no client calls: logs one line with the fields that `describe` returns for
 * the result. An error is logged and rethrown, so that Lambda counts it and the invoker learns of it.
 *
 * @param name the name of a run in the log: `job`, and `job failed`
 * @throws Error at the function's cold start when its environment lacks what the route needs
 */
export const runHandler = <Result>(
  route: Route,
  name: string,
  run: (event: unknown) => Promise<Result>,
  describe: (result: Result) => object,
): ((event: unknown, context: Pick<Context, 'awsRequestId'>) => Promise<Result>) => {
  checkEnvironment(needsOf(route));
  return async (event, { awsRequestId }) => {
    logger.appendKeys({ request_id: awsRequestId });
    const startedAt = performance.now();
    const duration = () => ({ duration_ms: Math.round(performance.now() - startedAt) });
    try {
      const result = await run(event);
      logger.info(name, { route: route.id, ...describe(result), ...duration() });
      return result;
    } catch (error) {
      logger.error(`${name} failed`, { route: route.id, error: loggedError(error), ...duration() });
      throw error;
    } finally {
      logger.resetKeys();
    }
  };
};
