import { Duration, RemovalPolicy, Stack, Token, type StackProps } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2, type Attribute, type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraMysqlEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import type { DataResources, NetworkResources } from '../constructs/stage-resources.ts';

interface DataStackProps extends StackProps {
  readonly config: StageConfig;
  readonly network: NetworkResources;
}

/** Everything that holds data, apart from what can be made again. */
export class DataStack extends Stack {
  readonly data: DataResources;
  readonly clusterIdentifier: string;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, { ...props, terminationProtection: props.config.retainData });
    const { config } = props;

    const { cluster, ...mysql } = this.mysql(props);
    this.clusterIdentifier = cluster.clusterIdentifier;
    this.data = {
      mysql,
      mongodb: {
        secret: Secret.fromSecretNameV2(this, 'MongodbUrl', config.mongodb.secretName),
        database: config.mongodb.database,
        search: config.mongodb.search,
      },
      connectionsTable: this.table('Connections', config, { name: 'user_id', type: AttributeType.NUMBER }),
      sessionsTable: this.table(
        'Sessions',
        config,
        { name: 'pk', type: AttributeType.STRING },
        { name: 'sk', type: AttributeType.STRING },
      ),
      signingKeys: new Secret(this, 'SigningKeys', {
        description: 'The key that signs access tokens',
        generateSecretString: {
          secretStringTemplate: JSON.stringify({ kid: 'initial' }),
          generateStringKey: 'secret',
          passwordLength: 64,
          excludePunctuation: true,
        },
        removalPolicy: removalPolicy(config),
      }) as ISecret,
    };
  }

  private mysql({
    config,
    network,
  }: DataStackProps): DataResources['mysql'] & { readonly cluster: DatabaseCluster } {
    const { mysql } = config;
    const securityGroup = new SecurityGroup(this, 'MysqlAccess', {
      vpc: network.vpc,
      description: 'Aurora MySQL and its proxy',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(network.functionsSecurityGroup, Port.tcp(3306), 'MySQL from functions');
    securityGroup.addIngressRule(securityGroup, Port.tcp(3306), 'MySQL from the proxy');
    securityGroup.addEgressRule(securityGroup, Port.tcp(3306), 'MySQL from the proxy to the cluster');

    const engine = DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_10_4 });
    const cluster = new DatabaseCluster(this, 'Mysql', {
      engine,
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [securityGroup],
      defaultDatabaseName: mysql.database,
      credentials: Credentials.fromGeneratedSecret('chat'),
      serverlessV2MinCapacity: mysql.minCapacity,
      serverlessV2MaxCapacity: mysql.maxCapacity,
      ...(mysql.minCapacity === 0 ? { serverlessV2AutoPauseDuration: Duration.minutes(10) } : {}),
      writer: ClusterInstance.serverlessV2('Writer', { enablePerformanceInsights: mysql.minCapacity > 0 }),
      readers: mysql.reader ? [ClusterInstance.serverlessV2('Reader', { scaleWithWriter: true })] : [],
      parameterGroup: new ParameterGroup(this, 'MysqlParameters', {
        engine,
        description: 'TLS only, UTC, UTF-8',
        parameters: {
          require_secure_transport: 'ON',
          time_zone: 'UTC',
          character_set_server: 'utf8mb4',
          collation_server: 'utf8mb4_unicode_ci',
        },
      }),
      storageEncrypted: true,
      backup: { retention: Duration.days(mysql.backupDays) },
      deletionProtection: config.retainData,
      removalPolicy: config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const secret: ISecret | undefined = cluster.secret;
    if (secret === undefined) throw new Error('The cluster was not given a generated secret');

    const proxy = mysql.proxy
      ? cluster.addProxy('Proxy', {
          secrets: [secret],
          vpc: network.vpc,
          vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
          securityGroups: [securityGroup],
          requireTLS: true,
          borrowTimeout: Duration.seconds(4),
        })
      : undefined;

    return {
      cluster,
      host: proxy?.endpoint ?? cluster.clusterEndpoint.hostname,
      port: proxy === undefined ? Token.asString(cluster.clusterEndpoint.port) : '3306',
      database: mysql.database,
      tls: mysql.tls,
      secret,
    };
  }

  private table(id: string, config: StageConfig, partitionKey: Attribute, sortKey?: Attribute): ITableV2 {
    return new TableV2(this, id, {
      partitionKey,
      ...(sortKey === undefined ? {} : { sortKey }),
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expires_at',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: config.retainData },
      deletionProtection: config.retainData,
      removalPolicy: removalPolicy(config),
      // CDK's classes are not written for exactOptionalPropertyTypes.
    }) as ITableV2;
  }
}

const removalPolicy = (config: StageConfig): RemovalPolicy =>
  config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
