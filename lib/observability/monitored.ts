import type { ScheduledJob } from '../config/job-schedules.ts';
import type { StageConfig } from '../config/stage-config.ts';

/** A job that runs by the clock, and where the events end that never started it. */
export interface MonitoredJob {
  /** With the schedule that it has in the stage. */
  readonly route: ScheduledJob;
  readonly deadLettersQueueName: string;
}

/** A queue, and where its messages end that were given up. */
export interface MonitoredQueue {
  readonly name: string;
  readonly queueName: string;
  readonly deadLettersQueueName: string;
}

/** What alarms and the dashboard look at: names and ids, which may be those of other stacks. */
export interface Monitored {
  readonly config: StageConfig;
  readonly httpApiId: string;
  readonly webSocketApiId: string;
  readonly clusterIdentifier: string;
  readonly connectionsTableName: string;
  readonly sessionsTableName: string;
  readonly filesBucketName: string;
  readonly jobs: readonly MonitoredJob[];
  readonly queues: readonly MonitoredQueue[];
}

/** The name that a route's function has. */
export const functionNameOf = (config: StageConfig, routeId: string): string =>
  `chat-service-${config.stage}-${routeId}`;
