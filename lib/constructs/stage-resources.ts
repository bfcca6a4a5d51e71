import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { EnvironmentOf } from '../../functions/platform/environment.ts';
import { OBJECT_PREFIXES } from '../../functions/contract/object-prefixes.ts';
import type { Need, QueueName } from '../../functions/contract/route.ts';
import { accountOf, acknowledgeFindings, wildcardFinding, logicalId } from './acknowledge-findings.ts';

/** The network for functions that need MySQL. */
export interface NetworkResources {
  readonly vpc: IVpc;
  readonly functionsSecurityGroup: ISecurityGroup;
  /** The public addresses of the NAT gateways, from which the functions' outgoing connections come. */
  readonly natAddresses: readonly string[];
}

/** The resources that hold data. */
export interface DataResources {
  readonly mysql: {
    readonly host: string;
    readonly port: string;
    readonly database: string;
    readonly tls: 'required' | 'off';
    /** The secret of the user who reads and writes rows. */
    readonly secret: ISecret;
    /** The secret of the schema's owner. */
    readonly ownerSecret: ISecret;
  };
  readonly mongodb: {
    readonly secret: ISecret;
    readonly database: string;
  };
  readonly connectionsTable: ITableV2;
  readonly sessionsTable: ITableV2;
  /** The secrets with the private keys of access tokens, and with the public ones. */
  readonly signingKeys: ISecret;
  readonly verificationKeys: ISecret;
  /** The secret with the key that encrypts the secrets of second factors. */
  readonly totpKey: ISecret;
}

/** The resources that hold and serve files. */
export interface FileResources {
  readonly bucket: IBucket;
  /** CloudFront's URL, without a trailing slash. */
  readonly url: string;
  /** The key that signs URLs: CloudFront's id of the public key, and the secret with the private key. */
  readonly keyId: string;
  readonly keySecret: ISecret;
  /** The name of the function that decodes images. */
  readonly imageDecoder: string;
}

/** The resources for sending mails. */
export interface MailResources {
  /** The name of the function that sends them. */
  readonly functionName: string;
  /** The URL of the chat page, for links in mails. */
  readonly pageUrl: string;
  /** Absent in a stage that sends no mails. */
  readonly sender?: {
    readonly from: string;
    readonly configurationSet: string;
  };
}

/** The resources for push notifications. */
export interface PushResources {
  /** The hosts of push services, separated by commas. */
  readonly hosts: string;
  /** The supported kinds of devices, separated by commas. */
  readonly kinds: string;
  /** The contact address for push services. */
  readonly subject: string;
  /** How long a message waits for a connected participant to read it before a push is sent. */
  readonly holdSeconds: number;
  /** The public key with which clients subscribe, and the secret with the private key. */
  readonly publicKey: string;
  readonly keySecret: ISecret;
  readonly queues: Readonly<Record<QueueName, IQueue>>;
}

/** All resources that a stage's functions may need. */
export interface StageResources {
  readonly network: NetworkResources;
  readonly data: DataResources;
  /** The user names of the moderators; absent while the stores are migrated. */
  readonly moderators?: readonly string[];
  /** Absent while the stores are migrated: the migration does not use files. */
  readonly files?: FileResources;
  /** Absent while the stores are migrated. */
  readonly mail?: MailResources;
  /** Absent while the stores are migrated. */
  readonly push?: PushResources;
  /** Absent while the stores are migrated, since there is no API at that time. */
  readonly webSocketStage?: WebSocketStage;
}

type Grants = {
  readonly [N in Need]: (resources: StageResources, lambda: LambdaFunction) => EnvironmentOf<N>;
};

/**
 * Prefixes of the partition keys in the table of expiring items. A function's permissions are limited by them:
 * sessions, tickets and rate limits are items of one table.
 */
const SESSION_ITEMS = 'user#*';
const TICKET_ITEMS = 'ticket#*';
const LIMIT_ITEMS = 'limit#*';
const PUSH_ITEMS = 'push#*';

/** Grants a function actions on the items whose partition key matches a pattern. */
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

type Prefix = keyof typeof OBJECT_PREFIXES;

const filesOf = ({ files }: StageResources): FileResources => {
  if (files === undefined) throw new Error('There is no bucket of files while the stores are migrated');
  return files;
};

const mailOf = ({ mail }: StageResources): MailResources => {
  if (mail === undefined) throw new Error('No mails are sent while the stores are migrated');
  return mail;
};

/** Lets a function invoke another one by name. */
const grantInvoke = (lambda: LambdaFunction, functionName: string): void =>
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [
        Stack.of(lambda).formatArn({
          service: 'lambda',
          resource: 'function',
          resourceName: functionName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    }),
  );

/**
 * Grants a function actions on objects, limited by the prefix of their keys. S3-managed encryption needs no
 * permission.
 *
 * @returns the environment variables of all needs that use the bucket
 */
const grantObjects = (
  resources: StageResources,
  lambda: LambdaFunction,
  rights: Readonly<Partial<Record<'GetObject' | 'PutObject' | 'DeleteObject', readonly Prefix[]>>>,
): EnvironmentOf<'upload-forms'> => {
  const { bucket } = filesOf(resources);
  for (const [operation, prefixes] of Object.entries(rights)) {
    const objects = prefixes.map((prefix) => `${OBJECT_PREFIXES[prefix]}*`);
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: [`s3:${operation}`],
        resources: objects.map((keys) => bucket.arnForObjects(keys)),
      }),
    );
    acknowledgeFindings(
      lambda,
      Object.fromEntries(
        objects.map((keys) => [
          wildcardFinding(`<${logicalId(bucket)}.Arn>/${keys}`),
          'Objects with this prefix alone: each has its name when it is uploaded.',
        ]),
      ),
    );
  }
  return { FILES_BUCKET: bucket.bucketName };
};

/** The resources for push notifications. @throws Error while the stores are migrated */
export const pushOf = ({ push }: StageResources): PushResources => {
  if (push === undefined) throw new Error('There are no queues while the stores are migrated');
  return push;
};

/** Lets a function send to a queue. @returns the queue's URL */
const grantQueue = (resources: StageResources, lambda: LambdaFunction, name: QueueName): string => {
  const queue = pushOf(resources).queues[name];
  lambda.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
  return queue.queueUrl;
};

/** The grants of each need: the permissions, and the environment variables. */
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
  'session-list': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, SESSION_ITEMS, 'Query');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  sessions: ({ data: { sessionsTable } }, lambda) => {
    const operations = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'Query'];
    grantItems(lambda, sessionsTable, SESSION_ITEMS, ...operations);
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'session-checks': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, SESSION_ITEMS, 'BatchGetItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'push-hosts': (resources) => ({ PUSH_HOSTS: pushOf(resources).hosts }),
  'push-info': (resources) => {
    const { publicKey, kinds } = pushOf(resources);
    return { VAPID_PUBLIC_KEY: publicKey, PUSH_KINDS: kinds };
  },
  'dispatch-queue': (resources, lambda) => ({
    DISPATCH_QUEUE_URL: grantQueue(resources, lambda, 'dispatch'),
    PUSH_HOLD_SECONDS: String(pushOf(resources).holdSeconds),
  }),
  'push-queue': (resources, lambda) => ({ PUSH_QUEUE_URL: grantQueue(resources, lambda, 'push') }),
  'push-claims': ({ data: { sessionsTable } }, lambda) => {
    grantItems(lambda, sessionsTable, PUSH_ITEMS, 'GetItem', 'UpdateItem');
    return { SESSIONS_TABLE: sessionsTable.tableName };
  },
  'push-keys': (resources, lambda) => {
    const { keySecret, subject } = pushOf(resources);
    keySecret.grantRead(lambda);
    return { PUSH_KEYS_SECRET_ARN: keySecret.secretArn, PUSH_SUBJECT: subject };
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
  'totp-key': ({ data: { totpKey } }, lambda) => {
    totpKey.grantRead(lambda);
    return { TOTP_KEY_SECRET_ARN: totpKey.secretArn };
  },
  moderators: ({ moderators = [] }) => ({ MODERATORS: moderators.join(',') }),
  post: ({ webSocketStage }, lambda) => {
    if (webSocketStage === undefined) throw new Error('There is no WebSocket API yet to post through');
    webSocketStage.grantManagementApiAccess(lambda);
    const stack = Stack.of(webSocketStage);
    const stage = `${logicalId(webSocketStage.api)}>/${webSocketStage.stageName}`;
    acknowledgeFindings(lambda, {
      [wildcardFinding(`arn:aws:execute-api:${stack.region}:${accountOf(stack)}:<${stage}/*/@connections/*`)]:
        'Of this stage alone, any connection: each has its id from API Gateway when it is opened.',
    });
    return { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: webSocketStage.callbackUrl };
  },
  // A form has the permissions of the function that signed it.
  'upload-forms': (resources, lambda) => grantObjects(resources, lambda, { PutObject: ['uploads'] }),
  'file-intake': (resources, lambda) => {
    // Without this permission S3 answers 403 instead of 404 for an absent object.
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [filesOf(resources).bucket.bucketArn] }),
    );
    return grantObjects(resources, lambda, {
      GetObject: ['uploads', 'decoded'],
      PutObject: ['files', 'thumbnails'],
      DeleteObject: ['uploads', 'decoded'],
    });
  },
  'image-decoding': (resources, lambda) =>
    grantObjects(resources, lambda, { GetObject: ['uploads'], PutObject: ['decoded'] }),
  'image-decoder': (resources, lambda) => {
    const { imageDecoder } = filesOf(resources);
    grantInvoke(lambda, imageDecoder);
    return { IMAGE_DECODER_FUNCTION: imageDecoder };
  },
  avatars: (resources, lambda) =>
    grantObjects(resources, lambda, {
      GetObject: ['thumbnails'],
      PutObject: ['avatars'],
      DeleteObject: ['avatars'],
    }),
  'avatar-urls': (resources) => ({ FILES_URL: filesOf(resources).url }),
  'file-removal': (resources, lambda) =>
    grantObjects(resources, lambda, {
      DeleteObject: ['uploads', 'decoded', 'files', 'thumbnails', 'avatars'],
    }),
  'file-urls': (resources, lambda) => {
    const { url, keyId, keySecret } = filesOf(resources);
    keySecret.grantRead(lambda);
    return { FILES_URL: url, FILE_KEY_ID: keyId, FILE_KEY_SECRET_ARN: keySecret.secretArn };
  },
  'request-mail': (resources, lambda) => {
    const { functionName } = mailOf(resources);
    grantInvoke(lambda, functionName);
    return { MAIL_FUNCTION: functionName };
  },
  'send-mail': (resources, lambda) => {
    const { sender, pageUrl } = mailOf(resources);
    if (sender === undefined) return { MAIL_FROM: '', MAIL_CONFIGURATION_SET: '', PAGE_URL: pageUrl };
    const { from, configurationSet } = sender;
    const stack = Stack.of(lambda);
    const named = (resource: string, resourceName: string): string =>
      stack.formatArn({ service: 'ses', resource, resourceName });
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        // Not the sender's domain alone: while the account is in SES's sandbox, SES asks for the right to the recipient's
        // identity too.
        resources: [named('identity', '*'), named('configuration-set', configurationSet)],
        conditions: { StringEquals: { 'ses:FromAddress': from } },
      }),
    );
    acknowledgeFindings(lambda, {
      [wildcardFinding(`arn:aws:ses:${stack.region}:${accountOf(stack)}:identity/*`)]:
        'It sends from the one address that the condition names; the identities are those of recipients.',
    });
    return { MAIL_FROM: from, MAIL_CONFIGURATION_SET: configurationSet, PAGE_URL: pageUrl };
  },
};

/** Grants a function what a need stands for. @returns the environment variables of this need */
export const grantNeed = (
  need: Need,
  resources: StageResources,
  lambda: LambdaFunction,
): Readonly<Record<string, string>> => grants[need](resources, lambda);
