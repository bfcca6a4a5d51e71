import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  CfnDatabaseUser,
  CfnDatabaseUserPropsAwsiamType,
  ScopeDefinitionType,
} from 'awscdk-resources-mongodbatlas/lib/l1-resources/database-user/index.js';
import { Construct } from 'constructs';
import { readsOnly, type Route } from '../../functions/contract/route.ts';
import type { AtlasCluster, StageConfig } from '../config/stage-config.ts';
import { atlasClusterName } from './atlas-cluster.ts';

interface AtlasUserProps {
  readonly route: Route;
  readonly lambda: LambdaFunction;
  readonly cluster: AtlasCluster;
  readonly config: StageConfig;
}

/**
 * A route's permissions in the database. Creating indexes is part of writing. Consumers of queues read contents and
 * never change them.
 */
const databaseRole = (route: Route): 'read' | 'readWrite' =>
  (route.transport === 'http' && readsOnly(route)) || route.transport === 'consumer' ? 'read' : 'readWrite';

/**
 * Atlas's database user for one function: authenticated by its IAM role, without a password, and limited to one
 * database.
 */
export class AtlasUser extends Construct {
  constructor(scope: Construct, id: string, { route, lambda, cluster, config }: AtlasUserProps) {
    super(scope, id);
    const user = new CfnDatabaseUser(this, 'User', {
      projectId: cluster.projectId,
      profile: cluster.profile,
      // The database in which MongoDB keeps externally authenticated users.
      databaseName: '$external',
      awsiamType: CfnDatabaseUserPropsAwsiamType.ROLE,
      username: roleArn(lambda),
      roles: [{ roleName: databaseRole(route), databaseName: config.mongodb.database }],
      scopes: [{ name: atlasClusterName(config.stage), type: ScopeDefinitionType.CLUSTER }],
    });
    const { defaultChild } = lambda.node;
    if (!(defaultChild instanceof CfnFunction)) throw new Error('The function is not made of a CfnFunction');
    // Ensures that nothing invokes the function before its user exists at Atlas.
    defaultChild.addResourceDependency(user);
  }
}

const roleArn = ({ role }: LambdaFunction): string => {
  if (role === undefined) throw new Error('The function has no role');
  return role.roleArn;
};
