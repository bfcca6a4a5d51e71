import type { Context } from 'aws-lambda';
import { needsOf, type JobRoute } from '../contract/route.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';

/**
 * The Lambda handler of a job: logs one line with the report of the run. An error is logged and rethrown, so that Lambda
 * counts it and the scheduler retries.
 *
 * @throws Error at the function's start when its environment lacks what the job needs
 */
export const jobHandler = <Report extends object>(
  route: JobRoute,
  run: () => Promise<Report>,
): ((event: unknown, context: Pick<Context, 'awsRequestId'>) => Promise<Report>) => {
  checkEnvironment(needsOf(route));
  return async (_, { awsRequestId }) => {
    logger.appendKeys({ request_id: awsRequestId });
    const startedAt = performance.now();
    const duration = () => ({ duration_ms: Math.round(performance.now() - startedAt) });
    try {
      const report = await run();
      logger.info('job', { route: route.id, ...report, ...duration() });
      return report;
    } catch (error) {
      logger.error('job failed', { route: route.id, error: loggedError(error), ...duration() });
      throw error;
    } finally {
      logger.resetKeys();
    }
  };
};
