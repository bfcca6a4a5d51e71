import { Stack } from 'aws-cdk-lib';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { EnvironmentOf } from '../../functions/platform/environment.ts';
import type { Need } from '../../functions/contract/route.ts';
import { accountOf, acknowledge, anyResource, logicalId } from './acknowledge.ts';

/** The network that functions run in when they need MySQL. */
export interface NetworkResources {
  readonly vpc: IVpc;
  readonly functionsSecurityGroup: ISecurityGroup;
  /** The addresses of the NAT gateways, which are the functions' own to everybody outside. */
  readonly natAddresses: readonly string[];
}

/** What holds data. */
export interface DataResources {
  readonly mysql: {
    readonly host: string;
    readonly port: string;
    readonly database: string;
    readonly tls: 'required' | 'off';
    /** Of the user who may read and write rows. */
    readonly secret: ISecret;
    /** Of the schema's owner. */
    readonly ownerSecret: ISecret;
  };
  readonly mongodb: {
    readonly secret: ISecret;
    readonly database: string;
  };
  readonly connectionsTable: ITableV2;
  readonly sessionsTable: ITableV2;
  /** The private keys of access tokens, and the public ones. */
  readonly signingKeys: ISecret;
  readonly verificationKeys: ISecret;
}

/** All that a stage's functions can be given. */
export interface StageResources {
  readonly network: NetworkResources;
  readonly data: DataResources;
  /** Absent while the stores are migrated, which is before there is an API. */
  readonly webSocketStage?: WebSocketStage;
}

type Grants = {
  readonly [N in Need]: (resources: StageResources, lambda: LambdaFunction) => EnvironmentOf<N>;
};

/**
 * What the partition keys of the table of what expires begin with. By them alone a function's rights end: sessions,
 * tickets and limits are items of one table.
 */
const SESSION_ITEMS = 'user#*';
const TICKET_ITEMS = 'ticket#*';
const LIMIT_ITEMS = 'limit#*';

/** Lets a function do something with the items whose partition key has a form. */
const grantItems = (
  lambda: LambdaFunction,
  table: ITableV2,
  partitionKeys: string,
  ...operations: readonly string[]
): void =>
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: operations.map((operation) => `dynamodb:${operation}`),
      resources: [table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitionKeys] } },
    }),
  );

/** What each need gives a function: the permissions, and the environment by which it finds its way. */
const grants: Grants = {
  mysql: ({ data: { mysql } }, lambda) => {
    mysql.secret.grantRead(lambda);
    return {
      MYSQL_HOST: mysql.host,
      MYSQL_PORT: mysql.port,
      MYSQL_DATABASE: mysql.database,
      MYSQL_SECRET_ARN: mysql.secret.secretArn,
      MYSQL_TLS: mysql.tls,
    };
  },
  'mysql-owner': ({ data: { mysql } }, lambda) => {
    mysql.ownerSecret.grantRead(lambda);
    return { MYSQL_OWNER_SECRET_ARN: mysql.ownerSecret.secretArn };
  },
  mongodb: ({ data: { mongodb } }, lambda) => {
    mongodb.secret.grantRead(lambda);
    return {
      MONGODB_SECRET_ARN: mongodb.secret.secretArn,
      MONGODB_DATABASE: mongodb.database,
    };
  },
  'connections-read': ({ data: { connectionsTable } }, lambda) => {
    connectionsTable.grant(lambda, 'dynamodb:BatchGetItem');
    return { CONNECTIONS_TABLE: connectionsTable.tableName };
  },
  connections: ({ data: { connectionsTable } }, lambda) => {
    connectionsTable.grant(lambda, 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem');
    return { CONNECTIONS_TABLE: connectionsTable.tableName };
  },
  'all-connections': ({ data: { connectionsTable } }, lambda) => {
    connectionsTable.grant(lambda, 'dynamodb:Scan');
    return { CONNECTIONS_TABLE: connectionsTable.tableName };
  },
  'session-check': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, SESSION_ITEMS, 'GetItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  sessions: ({ data: { sessionsTable } }, lambda) => {
    const operations = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'Query'];
    grantItems(lambda, sessionsTable, SESSION_ITEMS, ...operations);
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'issue-tickets': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, TICKET_ITEMS, 'PutItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'redeem-tickets': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, TICKET_ITEMS, 'DeleteItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'rate-limits': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, LIMIT_ITEMS, 'GetItem', 'UpdateItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'signing-keys': ({ data: { signingKeys } }, lambda) => {
    signingKeys.grantRead(lambda);
    return { SIGNING_KEYS_SECRET_ARN: signingKeys.secretArn };
  },
  'verification-keys': ({ data: { verificationKeys } }, lambda) => {
    verificationKeys.grantRead(lambda);
    return { VERIFICATION_KEYS_SECRET_ARN: verificationKeys.secretArn };
  },
  'signing-keys-rotation': ({ data: { signingKeys, verificationKeys } }, lambda) => {
    for (const secret of [signingKeys, verificationKeys]) {
      secret.grantRead(lambda);
      lambda.addToRolePolicy(
        new PolicyStatement({ actions: ['secretsmanager:PutSecretValue'], resources: [secret.secretArn] }),
      );
    }
    return {
      SIGNING_KEYS_SECRET_ARN: signingKeys.secretArn,
      VERIFICATION_KEYS_SECRET_ARN: verificationKeys.secretArn,
    };
  },
  post: ({ webSocketStage }, lambda) => {
    if (webSocketStage === undefined) throw new Error('There is no WebSocket API yet to post through');
    webSocketStage.grantManagementApiAccess(lambda);
    const stack = Stack.of(webSocketStage);
    const stage = `${logicalId(webSocketStage.api)}>/${webSocketStage.stageName}`;
    acknowledge(lambda, {
      [anyResource(`arn:aws:execute-api:${stack.region}:${accountOf(stack)}:<${stage}/*/@connections/*`)]:
        'Of this stage alone, any connection: each has its id from API Gateway when it is opened.',
    });
    return { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: webSocketStage.callbackUrl };
  },
};

/** Gives a function what a need stands for. @returns the environment variables of that need */
export const grantNeed = (
  need: Need,
  resources: StageResources,
  lambda: LambdaFunction,
): Readonly<Record<string, string>> => grants[need](resources, lambda);
