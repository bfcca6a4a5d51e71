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

/** The functions that other functions or AWS events invoke. */
export class InternalStack extends Stack {
  constructor(scope: Construct, id: string, props: InternalStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;
    for (const route of internalRoutes) {
      const { lambda } = new RouteFunction(this, { route, config, bundles, resources, version });
      // A queued request for a mail that is older than its token's lifetime is useless.
      if (route.queued === true) {
        lambda.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.hours(1) });
      }
      const { files } = resources;
      if (route.event === undefined || files === undefined || config.files.malwareScan === 'off') continue;
      const { source, detailType, detail } = route.event;
      // EventBridge retries the delivery for a day, and Lambda runs the function up to three times; after that, the
      // error alarm reports it.
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
