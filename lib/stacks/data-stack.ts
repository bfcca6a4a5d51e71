import { Stack, type StackProps } from 'aws-cdk-lib/core';
import {
  AttributeType,
  Billing,
  TableEncryptionV2,
  TableV2,
  type Attribute,
  type ITableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { alwaysExport } from '../constructs/always-export.ts';
import { makeEdgeSecrets } from '../constructs/edge-secrets.ts';
import { MysqlCluster } from '../constructs/mysql-cluster.ts';
import { dataRemovalPolicy } from '../constructs/retained-data.ts';
import type { DataResources, NetworkResources } from '../constructs/stage-resources.ts';

interface DataStackProps extends StackProps {
  readonly config: StageConfig;
  readonly network: NetworkResources;
}

/** Everything that holds data, except what can be recreated. */
export class DataStack extends Stack {
  readonly data: DataResources;
  /** The identifier of the cluster in Aurora's metrics. */
  readonly clusterIdentifier: string;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, { ...props, terminationProtection: props.config.retainData });
    const { config, network } = props;

    const mysql = new MysqlCluster(this, 'Mysql', { config, network });
    this.clusterIdentifier = mysql.identifier;
    makeEdgeSecrets(this, config);
    this.data = {
      mysql: mysql.access,
      mongodb: {
        secret: Secret.fromSecretNameV2(this, 'MongodbUrl', config.mongodb.secretName),
        database: config.mongodb.database,
      },
      connectionsTable: this.table('Connections', config, { name: 'user_id', type: AttributeType.NUMBER }),
      sessionsTable: this.table(
        'Sessions',
        config,
        { name: 'pk', type: AttributeType.STRING },
        { name: 'sk', type: AttributeType.STRING },
      ),
      signingKeys: this.tokenKeys('SigningKeys', 'The private keys that sign access tokens', config),
      verificationKeys: this.tokenKeys(
        'VerificationKeys',
        'The public keys that access tokens are checked with',
        config,
      ),
      totpKey: this.totpKey(config),
    };
    const { connectionsTable, sessionsTable, signingKeys, verificationKeys, totpKey } = this.data;
    alwaysExport(this, [
      ...[connectionsTable, sessionsTable].flatMap(({ tableName, tableArn }) => [tableName, tableArn]),
      signingKeys.secretArn,
      verificationKeys.secretArn,
      totpKey.secretArn,
    ]);
  }

  /**
   * CloudFormation cannot create a key pair: it puts random text here, which the deployment's job
   * `create-signing-key` replaces.
   */
  private tokenKeys(id: string, description: string, config: StageConfig): ISecret {
    const secret = new Secret(this, id, { description, removalPolicy: dataRemovalPolicy(config) });
    acknowledgeFindings(secret, {
      'AwsSolutions-SMG4':
        'The job rotate-signing-keys changes it every 30 days: Secrets Manager’s own rotation wants four steps of a function where this takes one.',
    });
    return secret as ISecret;
  }

  /** Random text from which the functions derive a key. */
  private totpKey(config: StageConfig): ISecret {
    const secret = new Secret(this, 'TotpKey', {
      description: 'The key that the secrets of second factors are encrypted with',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: dataRemovalPolicy(config),
    });
    acknowledgeFindings(secret, {
      'AwsSolutions-SMG4':
        'With another key, no stored second factor could be read: it is changed by hand, with all of them (lib/docs/operating.md).',
    });
    return secret as ISecret;
  }

  private table(id: string, config: StageConfig, partitionKey: Attribute, sortKey?: Attribute): ITableV2 {
    return new TableV2(this, id, {
      partitionKey,
      ...(sortKey === undefined ? {} : { sortKey }),
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expires_at',
      // Every table is encrypted. With the AWS-managed key of the account, uses of the key appear in CloudTrail.
      ...(config.retainData ? { encryption: TableEncryptionV2.awsManagedKey() } : {}),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: config.retainData },
      deletionProtection: config.retainData,
      removalPolicy: dataRemovalPolicy(config),
      // CDK's classes do not support exactOptionalPropertyTypes.
    }) as ITableV2;
  }
}
