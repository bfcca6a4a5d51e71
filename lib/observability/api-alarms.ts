import { webSocketRoutes } from '../../functions/contract/table.ts';
import { combine, metricOf, percentage, type AlarmDefinition } from './alarm-definition.ts';
import { ownMetric } from './delivery-alarms.ts';
import { functionMetric, watchedByClass } from './function-alarms.ts';
import type { Monitored } from './monitored.ts';

/** A metric of the HTTP API. */
export const httpMetric = ({ httpApiId }: Monitored, name: string, statistic: string) =>
  metricOf('AWS/ApiGateway', name, { ApiId: httpApiId }, statistic);

/** A metric of the WebSocket API. */
export const webSocketMetric = ({ webSocketApiId, config }: Monitored, name: string, statistic: string) =>
  metricOf('AWS/ApiGateway', name, { ApiId: webSocketApiId, Stage: config.stage }, statistic);

/** The two APIs as their clients see them: every function's errors and throttles are among these. */
export const apiAlarms = (monitored: Monitored): AlarmDefinition[] => [
  {
    id: 'http-api-5xx',
    summary: 'More than 1% of the HTTP requests are answered with 5xx',
    metric: percentage(
      [httpMetric(monitored, '5xx', 'Sum')],
      [httpMetric(monitored, 'Count', 'Sum')],
      5,
      '5xx, %',
    ),
    threshold: 1,
    periods: 3,
    datapoints: 2,
  },
  {
    id: 'http-api-latency',
    summary: 'One in a hundred HTTP requests takes longer than 2 s',
    metric: httpMetric(monitored, 'Latency', 'p99'),
    threshold: 2000,
    periods: 3,
  },
  {
    id: 'websocket-api-errors',
    summary: 'Frames or handshakes fail at the WebSocket API',
    // Not `IntegrationError`: it counts rejected handshakes, and misses errors that are sent as `error` frames.
    metric: combine(
      'SUM',
      [
        ownMetric(monitored, 'FailedFrames', 'Sum'),
        webSocketMetric(monitored, 'ExecutionError', 'Sum'),
        ...webSocketRoutes
          .filter(({ id }) => !watchedByClass(id))
          .map(({ id }) => functionMetric(monitored.config, id, 'Errors', 'Sum')),
      ],
      'Errors',
    ),
    threshold: 5,
    periods: 3,
    datapoints: 2,
  },
  {
    id: 'websocket-api-latency',
    summary: 'One in a hundred frames takes longer than 2 s',
    metric: webSocketMetric(monitored, 'IntegrationLatency', 'p99'),
    threshold: 2000,
    periods: 3,
  },
];
