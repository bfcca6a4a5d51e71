import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { ManagedPolicy, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  type Function as LambdaFunction,
  type IFunction,
  type IVersion,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeFindings, managedPolicyFinding } from './acknowledge-findings.ts';

/**
 * The gradual deployment of a stack's functions: new code gets a tenth of the traffic for five minutes, then all of
 * it. When the API's alarm fires meanwhile, CodeDeploy shifts the traffic back and the deployment of the stack fails.
 */
export class Release extends Construct {
  private readonly application: LambdaApplication;
  private readonly role: IRole;
  private readonly alarms: readonly IAlarm[];

  /**
   * @param alarms alarms for the whole API: handlers respond with 500 rather than fail, so a function's own error
   *   metric says little
   */
  constructor(scope: Construct, id: string, { alarms }: { readonly alarms: readonly IAlarm[] }) {
    super(scope, id);
    this.alarms = alarms;
    this.application = new LambdaApplication(this, 'Application');
    // One role for all deployment groups of the stack; otherwise each would get its own.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSCodeDeployRoleForLambdaLimited'),
      ],
    });
    acknowledgeFindings(this.role, {
      [managedPolicyFinding('AWSCodeDeployRoleForLambdaLimited')]:
        'CodeDeploy’s own policy, the limited one: it shifts traffic of aliases, reads alarms, and starts no function but its hooks.',
    });
  }

  /** Creates the alias that callers use, whose traffic shifts to new versions. */
  shift(lambda: LambdaFunction): IFunction {
    const alias = new Alias(lambda, 'Live', {
      aliasName: 'live',
      version: lambda.currentVersion as IVersion,
    });
    new LambdaDeploymentGroup(lambda, 'Deployment', {
      application: this.application,
      role: this.role,
      alias,
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [...this.alarms],
    });
    // CDK's classes do not support exactOptionalPropertyTypes.
    return alias as IFunction;
  }
}
