import { SecretValue, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnProjectIpAccessList } from 'awscdk-resources-mongodbatlas/lib/l1-resources/project-ip-access-list/index.js';
import type { Construct } from 'constructs';
import type { AtlasCluster as ClusterConfig, StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { AtlasCluster } from '../constructs/atlas-cluster.ts';
import type { NetworkResources } from '../constructs/stage-resources.ts';

interface AtlasStackProps extends StackProps {
  readonly config: StageConfig;
  readonly cluster: ClusterConfig;
  readonly network: NetworkResources;
}

/**
 * The stage's cluster at MongoDB Atlas, through Atlas's own CloudFormation resource types. Its database users are
 * defined next to the functions that use them.
 */
export class AtlasStack extends Stack {
  constructor(scope: Construct, id: string, { config, cluster, network, ...props }: AtlasStackProps) {
    super(scope, id, { ...props, terminationProtection: config.retainData });
    const { address } = new AtlasCluster(this, 'Atlas', { cluster, config });
    // With PrivateLink no connection comes from a public address, so no access list is needed; Atlas grants access
    // once a person has registered the endpoint.
    if (config.mongodb.privateLinkService !== undefined) return;

    new CfnProjectIpAccessList(this, 'AccessList', {
      projectId: cluster.projectId,
      profile: cluster.profile,
      accessList: network.natAddresses.map((ipAddress) => ({
        ipAddress,
        comment: `NAT gateway of chat-service-${config.stage}`,
      })),
    });
    const secret = new Secret(this, 'MongodbUrl', {
      secretName: config.mongodb.secretName,
      description: 'Where the cluster is; whoever reads it still has to prove a role',
      secretStringValue: SecretValue.unsafePlainText(
        `${address}/?authMechanism=MONGODB-AWS&authSource=%24external`,
      ),
    });
    acknowledgeFindings(secret, {
      'AwsSolutions-SMG4': 'It is an address: there is nothing in it to rotate.',
    });
  }
}
