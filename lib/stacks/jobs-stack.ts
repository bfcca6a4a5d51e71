import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { JobRoute } from '../../functions/contract/route.ts';
import { jobRoutes } from '../../functions/contract/table.ts';
import { jobInStage, type ScheduledJob } from '../config/job-schedules.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { JobSchedule } from '../constructs/job-schedule.ts';
import type { MonitoredJob } from '../observability/monitored.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface JobsStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

/** Whether a job runs on a schedule. */
const isScheduled = (route: JobRoute): route is ScheduledJob => route.schedule !== undefined;

/** The jobs that run on a schedule. */
export class JobsStack extends Stack {
  readonly jobs: readonly MonitoredJob[];

  constructor(scope: Construct, id: string, props: JobsStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;
    this.jobs = jobRoutes.filter(isScheduled).map((everywhere) => {
      const route = jobInStage(config, everywhere);
      const job = new RouteFunction(this, { route, config, bundles, resources, version });
      const { deadLetters } = new JobSchedule(this, { config, route, job });
      return { route, deadLettersQueueName: deadLetters.queueName };
    });
  }
}
