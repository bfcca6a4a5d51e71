import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { internalRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface InternalStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

/** The functions that other functions call, or events of AWS's. */
export class InternalStack extends Stack {
  constructor(scope: Construct, id: string, props: InternalStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;
    for (const route of internalRoutes) {
      const { lambda } = new RouteFunction(this, { route, config, bundles, resources, version });
      // What was asked for longer ago than a token is good is no longer wanted.
      if (route.queued === true) {
        lambda.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
      }
      const { files } = resources;
      if (route.event === undefined || files === undefined || config.files.malwareScan === 'off') continue;
      const { source, detailType, detail } = route.event;
      // EventBridge tries for a day to hand an event over, and Lambda runs it three times: the alarm for errors tells.
      new Rule(this, `${route.id}-rule`, {
        description: route.summary,
        eventPattern: {
          source: [source],
          detailType: [detailType],
          detail: { ...detail, s3ObjectDetails: { bucketName: [files.bucket.bucketName] } },
        },
        targets: [new LambdaFunction(lambda)],
      });
    }
  }
}
