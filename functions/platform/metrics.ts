import { systemClock, type Clock } from './clock.ts';
import { baseEnvironment } from './environment.ts';

/** The service's own metrics and their units. */
export const metricUnits = {
  /** Messages that were stored; repeated sends do not count. */
  MessagesSent: 'Count',
  /** Events that API Gateway accepted for a connection. */
  Delivered: 'Count',
  /** Events that could not be posted, although the connection may be open. */
  PostFailures: 'Count',
  /** Posts to connections that were gone. */
  GoneConnections: 'Count',
  /** The time from accepting a message to its delivery on the last connection. */
  SendToDeliverMilliseconds: 'Milliseconds',
  /** Pushes that a push service took. */
  Pushed: 'Count',
  /** Pushes that a push service refused for good, for a reason that is not the device's. */
  PushesRefused: 'Count',
  /** Contents without metadata that a run of `reap-orphans` removed. */
  Orphans: 'Count',
  /** Connections that a run of `reap-connections` ended. */
  ConnectionsEnded: 'Count',
  /** Reports that wait for a moderator. */
  OpenReports: 'Count',
  /** For how long the report has waited that has waited longest. */
  OldestOpenReportSeconds: 'Seconds',
} as const;

export type MetricName = keyof typeof metricUnits;

/** Emits metrics. Never throws, and makes no request. */
export type Metrics = (values: Readonly<Partial<Record<MetricName, number>>>) => void;

export const METRICS_NAMESPACE = 'ChatService';

/**
 * Emits metrics as log lines in CloudWatch's embedded metric format, from which CloudWatch extracts them.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const createMetrics =
  (stage: string, write: (line: string) => void, clock: Clock): Metrics =>
  (values) => {
    const names = Object.keys(values) as MetricName[];
    if (names.length === 0) return;
    const line = {
      _aws: {
        Timestamp: clock().getTime(),
        CloudWatchMetrics: [
          {
            Namespace: METRICS_NAMESPACE,
            Dimensions: [['Stage']],
            Metrics: names.map((name) => ({ Name: name, Unit: metricUnits[name] })),
          },
        ],
      },
      Stage: stage,
      ...values,
    };
    write(`${JSON.stringify(line)}\n`);
  };

/** Whether metrics are emitted; the names of the variables are those of Powertools. */
export const metricsAreOn = (environment: NodeJS.ProcessEnv): boolean =>
  environment['POWERTOOLS_LOG_LEVEL'] !== 'SILENT' && environment['POWERTOOLS_METRICS_DISABLED'] !== 'true';

/** Emits metrics of this stage. */
export const metrics: Metrics = (values) => {
  if (!metricsAreOn(process.env)) return;
  // Not `console`, which Lambda replaces by one that wraps each line in another object.
  createMetrics(baseEnvironment().STAGE, (line) => process.stdout.write(line), systemClock)(values);
};
