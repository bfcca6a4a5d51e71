import { Token } from 'aws-cdk-lib/core';
import {
  AdvancedRegionConfigProviderName,
  CfnCluster,
} from 'awscdk-resources-mongodbatlas/lib/l1-resources/cluster/index.js';
import { Construct } from 'constructs';
import type { AtlasCluster as ClusterConfig, StageConfig } from '../config/stage-config.ts';
import { dataRemovalPolicy } from './retained-data.ts';

interface AtlasClusterProps {
  readonly cluster: ClusterConfig;
  readonly config: StageConfig;
}

/** By which Atlas knows a stage's cluster. */
export const atlasClusterName = (stage: string): string => `chat-service-${stage}`;

/** Three members in the stage's own region: what is written is on two of them before anybody hears so. */
export class AtlasCluster extends Construct {
  /** `mongodb+srv://` and the host, without a user. */
  readonly address: string;

  constructor(scope: Construct, id: string, { cluster, config }: AtlasClusterProps) {
    super(scope, id);
    const { projectId, profile, instanceSize, diskGb, mongodbVersion, backup } = cluster;
    const resource = new CfnCluster(this, 'Cluster', {
      name: atlasClusterName(config.stage),
      projectId,
      profile,
      clusterType: 'REPLICASET',
      mongoDbMajorVersion: mongodbVersion,
      ...(diskGb === undefined ? {} : { diskSizeGb: diskGb }),
      replicationSpecs: [
        {
          numShards: 1,
          advancedRegionConfigs: [
            {
              providerName: AdvancedRegionConfigProviderName.AWS,
              regionName: atlasRegion(config.region),
              priority: 7,
              electableSpecs: { instanceSize, nodeCount: 3 },
              // A disk that had grown would shrink with the next deployment.
              autoScaling: { diskGb: { enabled: diskGb === undefined } },
            },
          ],
        },
      ],
      backupEnabled: backup !== 'off',
      pitEnabled: backup === 'continuous',
      terminationProtectionEnabled: config.retainData,
    });
    resource.applyRemovalPolicy(dataRemovalPolicy(config));
    this.address = Token.asString(resource.getAtt('ConnectionStrings.StandardSrv'));
  }
}

/** Atlas writes `eu-central-1` as `EU_CENTRAL_1`. */
const atlasRegion = (region: string): string => region.toUpperCase().replaceAll('-', '_');
