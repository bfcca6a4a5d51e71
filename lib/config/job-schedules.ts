import { needsOf, type JobRoute } from '../../functions/contract/route.ts';
import type { StageConfig } from './stage-config.ts';

/** A job that runs by a schedule. */
export type ScheduledJob = JobRoute & { readonly schedule: NonNullable<JobRoute['schedule']> };

const MINUTES = { minute: 1, hour: 60, day: 24 * 60 } as const;

/** Once an hour at the full hour, for jobs that wake a paused MySQL: together they wake it only once. */
const EVERY_FULL_HOUR = 'cron(0 * * * ? *)';

/**
 * The number of minutes between two runs for an expression of EventBridge Scheduler. @throws Error for an unknown one
 */
export const minutesBetween = (expression: string): number => {
  if (expression === EVERY_FULL_HOUR) return MINUTES.hour;
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count === undefined) throw new Error(`How often is ${expression}?`);
  return Number(count) * MINUTES[unit as keyof typeof MINUTES];
};

/** Whether each run of the job would wake a MySQL that pauses without connections. */
const wakesMysql = ({ mysql }: StageConfig, job: JobRoute): boolean =>
  mysql.minCapacity === 0 && needsOf(job).has('mysql') && job.asksMysql !== 'when-needed';

/**
 * A job with its schedule in a stage: its own, but at most once an hour if each run would wake a paused MySQL. Aurora
 * pauses after ten minutes without connections, so a job that runs every minute would keep it awake for ever.
 */
export const jobInStage = (config: StageConfig, job: ScheduledJob): ScheduledJob =>
  wakesMysql(config, job) && minutesBetween(job.schedule) < MINUTES.hour
    ? { ...job, schedule: 'rate(1 hour)' }
    : job;

/** EventBridge Scheduler's expression for a job that `jobInStage` returned. */
export const expressionOf = (config: StageConfig, job: ScheduledJob): string =>
  wakesMysql(config, job) && minutesBetween(job.schedule) === MINUTES.hour ? EVERY_FULL_HOUR : job.schedule;
