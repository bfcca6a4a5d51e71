import type { Context } from 'aws-lambda';
import { needsOf, type JobRoute } from '../contract/route.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';

/**
 * The Lambda handler of a job: logs one line of what it did, and fails when it did not, so that Lambda counts an
 * error and the scheduler tries again.
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
