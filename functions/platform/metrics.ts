import { systemClock, type Clock } from './clock.ts';
import { baseEnvironment } from './environment.ts';

/** The service's own metrics, and what they count in. */
export const metricUnits = {
  MessagesSent: 'Count',
  /** Frames that API Gateway took for a connection. */
  Delivered: 'Count',
  /** Frames that could not be handed over, though the connection may be there. */
  PostFailures: 'Count',
  /** Connections that turned out to be gone when they were posted to. */
  GoneConnections: 'Count',
  /** From accepting a message to the last connection that got it. */
  SendToDeliverMilliseconds: 'Milliseconds',
  /** Contents without metadata that a run of the job removed. */
  Orphans: 'Count',
  /** Connections that a run of the reaper ended. */
  ConnectionsEnded: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;

/** Notes what happened in one event. Never throws, and takes no request. */
export type Metrics = (values: Readonly<Partial<Record<MetricName, number>>>) => void;

export const METRICS_NAMESPACE = 'ChatService';

/**
 * Metrics as lines of the log in CloudWatch's embedded metric format: CloudWatch makes the numbers of them.
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

/** Whether metrics are wanted; both names are those of Powertools. */
export const metricsAreOn = (environment: NodeJS.ProcessEnv): boolean =>
  environment['POWERTOOLS_LOG_LEVEL'] !== 'SILENT' && environment['POWERTOOLS_METRICS_DISABLED'] !== 'true';

/** The metrics of this stage. */
export const metrics: Metrics = (values) => {
  if (!metricsAreOn(process.env)) return;
  // Not by `console`, which Lambda replaces by one that wraps each line in another object.
  createMetrics(baseEnvironment().STAGE, (line) => process.stdout.write(line), systemClock)(values);
};
