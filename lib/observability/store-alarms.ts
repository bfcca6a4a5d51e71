import { combine, metricOf, type AlarmDefinition } from './alarm-definition.ts';
import type { Monitored } from './monitored.ts';

/**
 * How many connections Aurora MySQL takes by its largest capacity, for Serverless v2.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
 */
const connectionsByCapacity: readonly (readonly [capacity: number, connections: number])[] = [
  [256, 6000],
  [128, 5000],
  [64, 4000],
  [32, 3000],
  [16, 2000],
  [8, 1000],
  [4, 135],
  [1, 90],
];

/** How many connections a cluster takes. */
const maxConnections = (maxCapacity: number): number =>
  (connectionsByCapacity.find(([capacity]) => capacity <= maxCapacity) ?? [1, 90])[1];

/** A metric of the Aurora cluster. */
export const mysqlMetric = ({ clusterIdentifier }: Monitored, name: string, statistic: string) =>
  metricOf('AWS/RDS', name, { DBClusterIdentifier: clusterIdentifier }, statistic);

/** The operations that the functions have leave for; CloudWatch counts system errors by operation. */
const operations = {
  connections: ['BatchGetItem', 'UpdateItem', 'Scan'],
  sessions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
} as const;

/** The stores near their limits. Atlas alarms by itself, in its own project. */
export const storeAlarms = (monitored: Monitored): AlarmDefinition[] => {
  const { mysql } = monitored.config;
  const tables = {
    connections: monitored.connectionsTableName,
    sessions: monitored.sessionsTableName,
  };
  const throttles = Object.values(tables).flatMap((TableName) =>
    ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) =>
      metricOf('AWS/DynamoDB', name, { TableName }, 'Sum'),
    ),
  );
  const systemErrors = (['connections', 'sessions'] as const).flatMap((table) =>
    operations[table].map((Operation) =>
      metricOf('AWS/DynamoDB', 'SystemErrors', { TableName: tables[table], Operation }, 'Sum'),
    ),
  );
  return [
    {
      id: 'mysql-capacity',
      summary: 'Aurora uses more than 85% of the capacity that it may grow to',
      metric: mysqlMetric(monitored, 'ACUUtilization', 'Average'),
      threshold: 85,
      periods: 3,
    },
    {
      id: 'mysql-cpu',
      summary: 'Aurora’s processors are busy for more than 80%',
      metric: mysqlMetric(monitored, 'CPUUtilization', 'Average'),
      threshold: 80,
      periods: 3,
    },
    {
      id: 'mysql-connections',
      summary: 'Aurora holds more than 80% of the connections that it takes',
      metric: mysqlMetric(monitored, 'DatabaseConnections', 'Maximum'),
      threshold: Math.floor(maxConnections(mysql.maxCapacity) * 0.8),
      periods: 2,
    },
    {
      id: 'dynamodb-throttles',
      summary: 'DynamoDB refuses requests for their number',
      metric: combine('SUM', throttles, 'Throttled'),
      threshold: 1,
      periods: 3,
      datapoints: 2,
    },
    {
      id: 'dynamodb-system-errors',
      summary: 'DynamoDB fails by itself',
      metric: combine('SUM', systemErrors, 'System errors'),
      threshold: 5,
      periods: 3,
      datapoints: 2,
    },
  ];
};
