import type { JobRoute } from '../contract/route.ts';
import { runHandler } from './run-handler.ts';

/**
 * The Lambda handler of a job; logs the report of each run. The scheduler retries a failed run.
 *
 * @throws Error at the function's cold start when its environment lacks what the job needs
 */
export const jobHandler = <Report extends object>(route: JobRoute, run: () => Promise<Report>) =>
  runHandler(route, 'job', run, (report) => report);
