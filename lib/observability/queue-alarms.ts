import { metricOf, type AlarmDefinition } from './alarm-definition.ts';
import { METRICS_NAMESPACE } from '../../functions/platform/metric-names.ts';
import type { Monitored } from './monitored.ts';

/** Each queue: that it is worked off, and that nothing is given up. And that push services take what is sent. */
export const queueAlarms = ({ config, queues }: Monitored): AlarmDefinition[] => [
  ...queues.flatMap(({ name, queueName, deadLettersQueueName }): AlarmDefinition[] => [
    {
      id: `${name}-queue-backlog`,
      summary: `The oldest message of the queue ${name} has waited for more than two minutes`,
      metric: metricOf('AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: queueName }, 'Maximum'),
      threshold: 120,
      periods: 2,
    },
    {
      id: `${name}-queue-dead-letters`,
      summary: `Messages of the queue ${name} were given up`,
      metric: metricOf(
        'AWS/SQS',
        'ApproximateNumberOfMessagesVisible',
        { QueueName: deadLettersQueueName },
        'Maximum',
      ),
      threshold: 1,
      periods: 1,
    },
  ]),
  {
    id: 'pushes-refused',
    summary: 'Push services refuse what this stage sends',
    metric: metricOf(METRICS_NAMESPACE, 'PushesRefused', { Stage: config.stage }, 'Sum'),
    threshold: 5,
    periods: 3,
    datapoints: 2,
  },
];
