import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { deploymentJobs } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface MigrationStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

/**
 * Migrates the stores to the schema of the code: after the stores exist, and before any function of the new code is
 * deployed, since all other stacks depend on this one. A migration that fails rolls this stack back and stops the
 * deployment.
 */
export class MigrationStack extends Stack {
  constructor(scope: Construct, id: string, props: MigrationStackProps) {
    super(scope, id, props);
    for (const route of deploymentJobs) {
      const { lambda } = new RouteFunction(this, { ...props, route });
      const trigger = new Trigger(this, `${route.id}-trigger`, {
        handler: lambda,
        // Runs again whenever its code differs from the last run's.
        executeOnHandlerChange: true,
        timeout: Duration.minutes(14),
      });
      // After permissions and network access, since these take a while to become effective for a function.
      trigger.executeAfter(lambda);
    }
  }
}
