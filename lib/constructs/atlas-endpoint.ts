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
  /** The name of Atlas's endpoint service. */
  readonly service: string;
  /** Who may use it. */
  readonly from: ISecurityGroup;
}

/** Atlas gives each of a cluster's servers a port of its own behind the endpoint, counting from this one. */
const PORTS = Port.tcpRange(1024, 65_535);

/**
 * A way to MongoDB Atlas that does not leave AWS's network. Atlas has to be told of the endpoint's id, and gives the
 * connection string with which it is used.
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
      // Atlas has names of its own for it.
      privateDnsEnabled: false,
      open: false,
    });
  }
}
