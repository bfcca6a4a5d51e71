import type { Duration } from 'aws-cdk-lib/core';
import { connectionAuthorizer } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { combine, metricOf, percentage, type AlarmDefinition } from './alarm-definition.ts';
import { functionNameOf, type Monitored } from './monitored.ts';

/** Functions that fail together, and what is slow for them. All others are seen by their API's alarms. */
interface FunctionClass {
  readonly name: string;
  readonly what: string;
  readonly routeIds: readonly string[];
  readonly slowMs: number;
}

/** Chosen by what people notice first. An alarm for each function would be two hundred. */
const functionClasses: readonly FunctionClass[] = [
  {
    name: 'sending',
    what: 'Sending messages',
    routeIds: ['send-message', 'receive-message'],
    slowMs: 1000,
  },
  {
    name: 'handshake',
    what: 'Opening connections',
    routeIds: ['authorize-connection', 'connect', 'issue-ticket'],
    slowMs: 2000,
  },
  {
    name: 'password',
    what: 'Logging in and registering',
    // An alarm looks at ten metrics: of what hashes a password, these are what somebody cannot do without.
    routeIds: ['log-in', 'register-user', 'change-password', 'reset-password'],
    // bcrypt takes a quarter of a second, on purpose.
    slowMs: 3000,
  },
];

/** Whether a function's errors have an alarm with those of its class. */
export const watchedByClass = (routeId: string): boolean =>
  functionClasses.some(({ routeIds }) => routeIds.includes(routeId));

/** A metric that Lambda keeps of a function. */
export const functionMetric = (
  config: StageConfig,
  routeId: string,
  metricName: string,
  statistic: string,
  period?: Duration,
) => metricOf('AWS/Lambda', metricName, { FunctionName: functionNameOf(config, routeId) }, statistic, period);

/**
 * By API Gateway's design the authorizer refuses by failing, so that its errors are mostly tokens that ran out:
 * only when it refuses most is something the matter.
 */
const authorizerAlarm = ({ config }: Monitored): AlarmDefinition => ({
  id: 'handshake-refused',
  summary: 'More than half of the handshakes are refused',
  metric: percentage(
    [functionMetric(config, connectionAuthorizer.id, 'Errors', 'Sum')],
    [functionMetric(config, connectionAuthorizer.id, 'Invocations', 'Sum')],
    20,
    'Refused, %',
  ),
  threshold: 50,
  periods: 3,
});

const classAlarms = (
  { name, what, routeIds, slowMs }: FunctionClass,
  { config }: Monitored,
): AlarmDefinition[] => {
  const metrics = (metricName: string, statistic: string, ids = routeIds) =>
    ids.map((id) => functionMetric(config, id, metricName, statistic));
  const failing = routeIds.filter((id) => id !== connectionAuthorizer.id);
  return [
    {
      id: `${name}-errors`,
      summary: `${what}: more than 1% of the invocations fail`,
      metric: percentage(
        metrics('Errors', 'Sum', failing),
        metrics('Invocations', 'Sum', failing),
        5,
        'Errors, %',
      ),
      threshold: 1,
      periods: 3,
      datapoints: 2,
    },
    {
      id: `${name}-latency`,
      summary: `${what}: one in a hundred takes longer than ${slowMs} ms`,
      metric: combine('MAX', metrics('Duration', 'p99'), 'p99, ms'),
      threshold: slowMs,
      periods: 3,
    },
    {
      id: `${name}-throttles`,
      summary: `${what}: Lambda refuses invocations`,
      metric: combine('SUM', metrics('Throttles', 'Sum'), 'Throttles'),
      threshold: 1,
      periods: 3,
      datapoints: 2,
    },
  ];
};

/** Errors, latency and throttles of each class of functions. */
export const functionAlarms = (monitored: Monitored): AlarmDefinition[] => [
  ...functionClasses.flatMap((one) => classAlarms(one, monitored)),
  authorizerAlarm(monitored),
];
