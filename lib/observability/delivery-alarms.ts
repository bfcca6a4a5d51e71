import { Duration } from 'aws-cdk-lib/core';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, type MetricName } from '../../functions/platform/metric-names.ts';
import { metricOf, percentage, type AlarmDefinition } from './alarm-definition.ts';
import type { Monitored } from './monitored.ts';

/** One of the service's own metrics. */
export const ownMetric = (
  { config }: Pick<Monitored, 'config'>,
  name: MetricName,
  statistic: string,
  period?: Duration,
): Metric => metricOf(METRICS_NAMESPACE, name, { Stage: config.stage }, statistic, period);

/** What the service is there for: that messages arrive, soon, and that nothing is left behind. */
export const deliveryAlarms = (monitored: Monitored): AlarmDefinition[] => {
  const failures = ownMetric(monitored, 'PostFailures', 'Sum');
  return [
    {
      id: 'post-failures',
      summary: 'More than 1% of the frames could not be handed to connections that may be there',
      metric: percentage(
        [failures],
        [failures, ownMetric(monitored, 'Delivered', 'Sum')],
        10,
        'Post failures, %',
      ),
      threshold: 1,
      periods: 3,
      datapoints: 2,
    },
    {
      id: 'send-to-deliver',
      summary: 'One in a hundred messages takes longer than a second to arrive everywhere',
      metric: ownMetric(monitored, 'SendToDeliverMilliseconds', 'p99'),
      threshold: 1000,
      periods: 3,
    },
    {
      id: 'orphans',
      summary: 'Many sends broke off between the two stores',
      metric: ownMetric(monitored, 'Orphans', 'Sum', Duration.hours(1)),
      threshold: 20,
      periods: 1,
    },
  ];
};
