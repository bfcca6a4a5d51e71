import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointService,
  Port,
  SecurityGroup,
  SubnetType,
  type ISecurityGroup,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

interface AtlasEndpointProps {
  readonly vpc: IVpc;
  /** The name of Atlas's VPC endpoint service. */
  readonly service: string;
  /** The security group of the functions that may use the endpoint. */
  readonly from: ISecurityGroup;
}

/** Atlas assigns each server of a cluster its own port behind the endpoint, starting at this one. */
const PORTS = Port.tcpRange(1024, 65_535);

/**
 * A connection to MongoDB Atlas within AWS's network (PrivateLink). A person must register the endpoint's id with
 * Atlas, which then returns the connection string to use.
 */
export class AtlasEndpoint extends Construct {
  constructor(scope: Construct, id: string, { vpc, service, from }: AtlasEndpointProps) {
    super(scope, id);
    const securityGroup = new SecurityGroup(this, 'Access', {
      vpc,
      description: 'MongoDB Atlas by PrivateLink',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(from, PORTS, 'MongoDB from functions');
    new InterfaceVpcEndpoint(this, 'Endpoint', {
      vpc,
      service: new InterfaceVpcEndpointService(service),
      subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [securityGroup],
      // Atlas has its own DNS names for the endpoint.
      privateDnsEnabled: false,
      open: false,
    });
  }
}
