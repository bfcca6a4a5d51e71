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

/** The name of a stage's cluster at Atlas. */
export const atlasClusterName = (stage: string): string => `chat-service-${stage}`;

/** A replica set of three members in the stage's own region: a write is acknowledged once two of them have it. */
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
              // With a configured disk size there is no autoscaling: the next deployment would shrink a disk that had
              // grown.
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

/** Atlas's name of a region: `EU_CENTRAL_1` for `eu-central-1`. */
const atlasRegion = (region: string): string => region.toUpperCase().replaceAll('-', '_');
