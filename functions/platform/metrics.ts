import { systemClock, type Clock } from './clock.ts';
import { baseEnvironment } from './environment.ts';
import { METRICS_NAMESPACE, metricUnits, type MetricName } from './metric-names.ts';

/** Emits metrics. Never throws, and makes no request. */
export type Metrics = (values: Readonly<Partial<Record<MetricName, number>>>) => void;

/**
 * Writes metrics as log lines in CloudWatch's embedded metric format, from which CloudWatch extracts them.
 *
 * @see
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
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

/** Whether metrics are emitted; the variables have the same names as in Powertools. */
export const metricsAreOn = (environment: NodeJS.ProcessEnv): boolean =>
  environment['POWERTOOLS_LOG_LEVEL'] !== 'SILENT' && environment['POWERTOOLS_METRICS_DISABLED'] !== 'true';

/** Emits metrics of this stage. */
export const metrics: Metrics = (values) => {
  if (!metricsAreOn(process.env)) return;
  // Not `console`, which Lambda replaces by one that wraps each line in another JSON object.
  createMetrics(baseEnvironment().STAGE, (line) => process.stdout.write(line), systemClock)(values);
};
