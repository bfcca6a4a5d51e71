import { needsOf, type JobRoute } from '../../functions/contract/route.ts';
import type { StageConfig } from './stage-config.ts';

/** A job that runs by the clock. */
export type ScheduledJob = JobRoute & { readonly schedule: NonNullable<JobRoute['schedule']> };

const MINUTES = { minute: 1, hour: 60, day: 24 * 60 } as const;

/** Once an hour at the full hour, for jobs that wake a paused MySQL: together they wake it once and not one by one. */
const EVERY_FULL_HOUR = 'cron(0 * * * ? *)';

/** How many minutes are between two runs, by EventBridge Scheduler's expression. @throws Error for an unknown one */
export const minutesBetween = (expression: string): number => {
  if (expression === EVERY_FULL_HOUR) return MINUTES.hour;
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count === undefined) throw new Error(`How often is ${expression}?`);
  return Number(count) * MINUTES[unit as keyof typeof MINUTES];
};

/** Whether MySQL pauses in a stage when nobody is connected to it, and has to wake for each run of the job. */
const wakesMysql = ({ mysql }: StageConfig, job: JobRoute): boolean =>
  mysql.minCapacity === 0 && needsOf(job).has('mysql') && job.asksMysql !== 'when-needed';

/**
 * A job with the schedule that it has in a stage: its own, but once an hour at most where each run would wake a paused
 * MySQL. Aurora pauses after ten minutes without connections: a job by the minute would keep it awake for ever.
 */
export const jobIn = (config: StageConfig, job: ScheduledJob): ScheduledJob =>
  wakesMysql(config, job) && minutesBetween(job.schedule) < MINUTES.hour
    ? { ...job, schedule: 'rate(1 hour)' }
    : job;

/** EventBridge Scheduler's expression for a job of `jobIn`. */
export const expressionOf = (config: StageConfig, job: ScheduledJob): string =>
  wakesMysql(config, job) && minutesBetween(job.schedule) === MINUTES.hour ? EVERY_FULL_HOUR : job.schedule;
