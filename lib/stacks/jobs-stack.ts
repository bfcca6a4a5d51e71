import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { JobRoute } from '../../functions/routes/route.ts';
import { jobRoutes } from '../../functions/routes/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { JobSchedule } from '../constructs/job-schedule.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface JobsStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

type ScheduledJob = JobRoute & { readonly schedule: NonNullable<JobRoute['schedule']> };

/** Whether a job runs by the clock. */
const isScheduled = (route: JobRoute): route is ScheduledJob => route.schedule !== undefined;

/** The jobs that run by the clock. */
export class JobsStack extends Stack {
  constructor(scope: Construct, id: string, props: JobsStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;
    for (const route of jobRoutes.filter(isScheduled)) {
      const job = new RouteFunction(this, { route, config, bundles, resources, version });
      new JobSchedule(this, { route, job });
    }
  }
}
