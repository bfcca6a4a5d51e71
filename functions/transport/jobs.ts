import type { JobRoute } from '../contract/route.ts';
import { runHandler } from './run-handler.ts';

/**
 * The Lambda handler of a job, which logs the report of each run. A run that failed is repeated by the scheduler.
 *
 * @throws Error at the function's start when its environment lacks what the job needs
 */
export const jobHandler = <Report extends object>(route: JobRoute, run: () => Promise<Report>) =>
  runHandler(route, 'job', run, (report) => report);
