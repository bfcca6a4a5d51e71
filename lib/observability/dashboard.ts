import { Duration } from 'aws-cdk-lib/core';
import {
  AlarmStatusWidget,
  GraphWidget,
  MathExpression,
  type Alarm,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { metricOf } from './alarm-definition.ts';
import { httpMetric, webSocketMetric } from './api-alarms.ts';
import { ownMetric } from './delivery-alarms.ts';
import { functionNameOf, type Monitored } from './monitored.ts';
import { mysqlMetric } from './store-alarms.ts';

const WIDTH = 24;

/** Widgets side by side. */
const graphs = (
  ...rows: readonly (readonly [
    title: string,
    metrics: readonly (MathExpression | ReturnType<typeof metricOf>)[],
  ])[]
): IWidget[] =>
  rows.map(
    ([title, metrics]) =>
      new GraphWidget({ title, left: [...metrics], width: WIDTH / rows.length, height: 6 }),
  );

/** A metric of every function, a line each. */
const everyFunction = (monitored: Monitored, metric: string, statistic: string): MathExpression =>
  new MathExpression({
    expression: `SEARCH('{AWS/Lambda,FunctionName} MetricName="${metric}" FunctionName="${functionNameOf(monitored.config, '')}"', '${statistic}')`,
    label: '',
  });

const tables = ({ connectionsTableName, sessionsTableName }: Monitored, name: string) =>
  [connectionsTableName, sessionsTableName].map((TableName) =>
    metricOf('AWS/DynamoDB', name, { TableName }, 'Sum'),
  );

/** The rows of the dashboard: first whether all is well, then what people see, then what it rests on. */
export const dashboardRows = (monitored: Monitored, alarms: readonly Alarm[]): IWidget[][] => [
  [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDTH, height: 5 })],
  graphs(
    ['Messages', (['MessagesSent', 'Delivered'] as const).map((name) => ownMetric(monitored, name, 'Sum'))],
    [
      'From sending to the last device, ms',
      ['p50', 'p99'].map((statistic) => ownMetric(monitored, 'SendToDeliverMilliseconds', statistic)),
    ],
    [
      'Lost on the way',
      (['PostFailures', 'GoneConnections', 'ConnectionsEnded', 'Orphans'] as const).map((name) =>
        ownMetric(monitored, name, 'Sum'),
      ),
    ],
  ),
  graphs(
    ['HTTP requests', ['Count', '4xx', '5xx'].map((name) => httpMetric(monitored, name, 'Sum'))],
    ['HTTP latency, ms', ['p50', 'p99'].map((statistic) => httpMetric(monitored, 'Latency', statistic))],
    [
      'WebSocket',
      [
        ...['ConnectCount', 'MessageCount', 'ClientError', 'IntegrationError', 'ExecutionError'].map((name) =>
          webSocketMetric(monitored, name, 'Sum'),
        ),
        ownMetric(monitored, 'FailedFrames', 'Sum'),
      ],
    ],
  ),
  graphs(
    ['Pushes', (['Pushed', 'PushesRefused'] as const).map((name) => ownMetric(monitored, name, 'Sum'))],
    ['Open reports', [ownMetric(monitored, 'OpenReports', 'Maximum', Duration.hours(1))]],
    [
      'Longest wait of a report, s',
      [ownMetric(monitored, 'OldestOpenReportSeconds', 'Maximum', Duration.hours(1))],
    ],
  ),
  graphs(
    ['Function errors', [everyFunction(monitored, 'Errors', 'Sum')]],
    ['Function duration p99, ms', [everyFunction(monitored, 'Duration', 'p99')]],
    ['Function concurrency', [everyFunction(monitored, 'ConcurrentExecutions', 'Maximum')]],
  ),
  graphs(
    [
      'Aurora, %',
      ['ACUUtilization', 'CPUUtilization'].map((name) => mysqlMetric(monitored, name, 'Average')),
    ],
    ['Aurora connections', [mysqlMetric(monitored, 'DatabaseConnections', 'Maximum')]],
    [
      'DynamoDB units',
      [...tables(monitored, 'ConsumedReadCapacityUnits'), ...tables(monitored, 'ConsumedWriteCapacityUnits')],
    ],
  ),
];
