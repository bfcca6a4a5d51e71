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
 * What a route may do in the database. Making indexes is part of writing; those of Atlas Search may be made by who
 * writes to a whole database, and not to one collection. What works off a queue reads contents, and changes none.
 */
const databaseRole = (route: Route): 'read' | 'readWrite' =>
  (route.transport === 'http' && readsOnly(route)) || route.transport === 'consumer' ? 'read' : 'readWrite';

/** Atlas's user for one function: it is known by its role in AWS, has no password, and reaches one database. */
export class AtlasUser extends Construct {
  constructor(scope: Construct, id: string, { route, lambda, cluster, config }: AtlasUserProps) {
    super(scope, id);
    const user = new CfnDatabaseUser(this, 'User', {
      projectId: cluster.projectId,
      profile: cluster.profile,
      // Where MongoDB keeps users whose proof comes from elsewhere.
      databaseName: '$external',
      awsiamType: CfnDatabaseUserPropsAwsiamType.ROLE,
      username: roleArn(lambda),
      roles: [{ roleName: databaseRole(route), databaseName: config.mongodb.database }],
      scopes: [{ name: atlasClusterName(config.stage), type: ScopeDefinitionType.CLUSTER }],
    });
    const { defaultChild } = lambda.node;
    if (!(defaultChild instanceof CfnFunction)) throw new Error('The function is not made of a CfnFunction');
    // Nothing calls a function before Atlas has heard of it.
    defaultChild.addResourceDependency(user);
  }
}

const roleArn = ({ role }: LambdaFunction): string => {
  if (role === undefined) throw new Error('The function has no role');
  return role.roleArn;
};
