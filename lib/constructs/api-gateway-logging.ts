import { RemovalPolicy } from 'aws-cdk-lib/core';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings, managedPolicyFinding } from './acknowledge-findings.ts';

/**
 * Lets API Gateway write logs of WebSocket APIs. This is one setting of the whole account and region: it names the role
 * of the stage that was deployed last, for the logs of all stages. CloudFormation never resets the setting, so the role
 * stays too, even when its creation is rolled back; otherwise no stage would have execution logs.
 */
export class ApiGatewayLogging extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledgeFindings(role, {
      [managedPolicyFinding('AmazonAPIGatewayPushToCloudWatchLogs')]:
        'The policy that API Gateway asks for by name, for the logs of all APIs of the account, whose names it chooses.',
    });
  }
}
