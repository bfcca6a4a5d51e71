import { CfnOutput, Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import {
  CfnEIP,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  SecurityGroup,
  SubnetType,
  Vpc,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { alwaysExport } from '../constructs/always-export.ts';
import { AtlasEndpoint } from '../constructs/atlas-endpoint.ts';
import type { NetworkResources } from '../constructs/stage-resources.ts';

/** The VPC: databases in isolated subnets, functions in subnets with NAT. */
export class NetworkStack extends Stack {
  readonly network: NetworkResources;
  private readonly zones: readonly string[] | undefined;

  /**
   * The stage's availability zones, or the region's as CloudFormation lists them, whether or not the stage names its
   * account. With an account, CDK would look them up, which requires credentials for synthesizing.
   */
  override get availabilityZones(): string[] {
    return this.zones === undefined ? [0, 1].map((index) => Fn.select(index, Fn.getAzs())) : [...this.zones];
  }

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    this.zones = config.network.zones;

    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: config.network.natGateways,
      subnetConfiguration: [
        // Only for the NAT gateways: nothing in these subnets gets a public address.
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // The gateway endpoints are free of charge, and keep the busiest traffic off the NAT gateways.
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
      // CDK's classes do not support exactOptionalPropertyTypes.
    }) as IVpc;

    const functionsSecurityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions that need MySQL',
      allowAllOutbound: true,
    });
    if (config.features.flowLogs) this.logRefusals(vpc, config);
    if (config.mongodb.privateLinkService !== undefined) {
      new AtlasEndpoint(this, 'Atlas', {
        vpc,
        service: config.mongodb.privateLinkService,
        from: functionsSecurityGroup,
      });
    }
    this.network = { vpc, functionsSecurityGroup, natAddresses: natAddresses(vpc) };
    alwaysExport(this, [
      vpc.vpcId,
      functionsSecurityGroup.securityGroupId,
      ...[...vpc.privateSubnets, ...vpc.isolatedSubnets].map(({ subnetId }) => subnetId),
      ...this.network.natAddresses,
    ]);

    new CfnOutput(this, 'NatAddresses', {
      description: 'Those that MongoDB Atlas has to let in',
      value: Fn.join(',', [...this.network.natAddresses]),
    });
  }

  /**
   * Logs only rejected traffic: accepted traffic appears in the functions' own logs, rejected traffic in no other
   * log.
   */
  private logRefusals(vpc: IVpc, config: StageConfig): void {
    vpc.addFlowLog('Refused', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RefusedLog', {
          retention: config.logs.retentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
  }
}

/** A NAT gateway's public address is a property of its subnet in CDK. */
const natAddresses = ({ publicSubnets }: IVpc): string[] =>
  publicSubnets
    .map(({ node }) => node.tryFindChild('EIP'))
    .filter((address) => address instanceof CfnEIP)
    .map(({ attrPublicIp }) => attrPublicIp);
