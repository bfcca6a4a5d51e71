import { Duration } from 'aws-cdk-lib/core';
import { metricOf, type AlarmDefinition } from './alarm-definition.ts';
import { functionNameOf, type Monitored, type MonitoredJob } from './monitored.ts';

/** By how a job's schedule counts: how long it may be silent, and how many errors are too many. */
const limitsByUnit = {
  // One run that fails is made up for a minute later.
  minute: { period: Duration.minutes(5), periods: 3, errors: 3 },
  hour: { period: Duration.hours(1), periods: 3, errors: 1 },
  day: { period: Duration.hours(6), periods: 5, errors: 1 },
} as const;

const alarmLimitsOf = ({ route }: MonitoredJob) => {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(route.schedule) ?? [];
  // An alarm looks back a week at most: it cannot miss what runs once a month.
  const canBeMissed = !(unit === 'day' && Number(count) > 1);
  return { ...limitsByUnit[unit as keyof typeof limitsByUnit], canBeMissed };
};

/** Each job that runs by the clock: that it runs, that it does not fail, that no event for it was given up. */
export const jobAlarms = ({ config, jobs }: Monitored): AlarmDefinition[] =>
  jobs.flatMap((job) => {
    const { id } = job.route;
    const { period, periods, errors, canBeMissed } = alarmLimitsOf(job);
    const dimensions = { FunctionName: functionNameOf(config, id) };
    const absent: AlarmDefinition = {
      id: `${id}-absent`,
      summary: `The job ${id} has not run for a long time`,
      metric: metricOf('AWS/Lambda', 'Invocations', dimensions, 'Sum', period),
      threshold: 1,
      when: 'below',
      periods,
    };
    return [
      {
        id: `${id}-errors`,
        summary: `The job ${id} fails`,
        metric: metricOf('AWS/Lambda', 'Errors', dimensions, 'Sum'),
        threshold: errors,
        periods: 1,
      },
      ...(canBeMissed ? [absent] : []),
      {
        id: `${id}-dead-letters`,
        summary: `Runs of the job ${id} could not be started`,
        metric: metricOf(
          'AWS/SQS',
          'ApproximateNumberOfMessagesVisible',
          { QueueName: job.deadLettersQueueName },
          'Maximum',
        ),
        threshold: 1,
        periods: 1,
      },
    ];
  });
