import { Stack, type StackProps } from 'aws-cdk-lib/core';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { consumerRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import { pushOf, type StageResources } from '../constructs/stage-resources.ts';

interface WorkStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

/** Messages per batch. A failed message is delivered again without the others of its batch. */
const BATCH = 10;

/** The functions that consume queues. */
export class WorkStack extends Stack {
  constructor(scope: Construct, id: string, props: WorkStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;
    for (const route of consumerRoutes) {
      const { lambda } = new RouteFunction(this, { route, config, bundles, resources, version });
      lambda.addEventSource(
        new SqsEventSource(pushOf(resources).queues[route.queue], {
          batchSize: BATCH,
          maxConcurrency: route.mostAtOnce,
          reportBatchItemFailures: true,
        }),
      );
    }
  }
}
