import { Stack, type StackProps } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, SecurityGroup, SubnetType, Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import type { NetworkResources } from '../constructs/stage-resources.ts';

/** The VPC: databases without a way out, functions with one. */
export class NetworkStack extends Stack {
  readonly network: NetworkResources;

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props);

    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: props.config.network.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Free of charge, and keeps the busiest traffic off the NAT gateways.
      gatewayEndpoints: { DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB } },
      // CDK's classes are not written for exactOptionalPropertyTypes.
    }) as IVpc;

    const functionsSecurityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions that need MySQL',
      allowAllOutbound: true,
    });
    this.network = { vpc, functionsSecurityGroup };
  }
}
