import { CfnResource, Duration, Stack, Token } from 'aws-cdk-lib/core';
import { Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraMysqlEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  ParameterGroup,
  type IClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from './acknowledge-findings.ts';
import { alwaysExport } from './always-export.ts';
import { dataRemovalPolicy } from './retained-data.ts';
import type { DataResources, NetworkResources } from './stage-resources.ts';

interface MysqlClusterProps {
  readonly config: StageConfig;
  readonly network: NetworkResources;
}

const isolated = { subnetType: SubnetType.PRIVATE_ISOLATED };

/** Aurora MySQL in isolated subnets, with RDS Proxy where the stage has one. */
export class MysqlCluster extends Construct {
  /** The connection data for functions that need MySQL. */
  readonly access: DataResources['mysql'];
  /** The identifier of the cluster in Aurora's metrics. */
  readonly identifier: string;

  constructor(scope: Construct, id: string, { config, network }: MysqlClusterProps) {
    super(scope, id);
    const { mysql } = config;
    const securityGroup = this.securityGroup(network);
    const engine = DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_10_4 });
    const instance = {
      enablePerformanceInsights: mysql.performanceInsights,
      // 3.10 is a version with long-term support; a minor upgrade would move the cluster to one without.
      autoMinorVersionUpgrade: false,
    };

    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine,
      vpc: network.vpc,
      vpcSubnets: isolated,
      securityGroups: [securityGroup],
      defaultDatabaseName: mysql.database,
      ...(mysql.managedPassword
        ? { credentials: Credentials.fromUsername('chat'), manageMasterUserPassword: true }
        : { credentials: Credentials.fromGeneratedSecret('chat') }),
      serverlessV2MinCapacity: mysql.minCapacity,
      serverlessV2MaxCapacity: mysql.maxCapacity,
      ...(mysql.minCapacity === 0 ? { serverlessV2AutoPauseDuration: Duration.minutes(10) } : {}),
      writer: ClusterInstance.serverlessV2('Writer', instance),
      // The reader scales with the writer, so that it is large enough when it takes over.
      readers: mysql.reader
        ? [ClusterInstance.serverlessV2('Reader', { scaleWithWriter: true, ...instance })]
        : [],
      parameterGroup: this.parameters(engine),
      storageEncrypted: true,
      copyTagsToSnapshot: true,
      backup: { retention: Duration.days(mysql.backupDays), preferredWindow: '02:00-03:00' },
      deletionProtection: config.retainData,
      removalPolicy: dataRemovalPolicy(config),
    });
    this.keepWhatTheClusterNeeds(config);
    const ownerSecret: ISecret | undefined = cluster.secret;
    if (ownerSecret === undefined) throw new Error('The cluster was not given a generated secret');
    const secret = this.appSecret(config);

    const proxy = mysql.proxy
      ? cluster.addProxy('Proxy', {
          // The proxy admits the users of these secrets: the functions', and the migration's.
          secrets: [secret, ownerSecret],
          vpc: network.vpc,
          vpcSubnets: isolated,
          securityGroups: [securityGroup],
          requireTLS: true,
          // Shorter than the functions' own query timeout, so that they get the proxy's error.
          borrowTimeout: Duration.seconds(4),
        })
      : undefined;

    const clusterHost = cluster.clusterEndpoint.hostname;
    const clusterPort = Token.asString(cluster.clusterEndpoint.port);
    // Including the cluster's own address: functions still import it while a proxy is being introduced.
    alwaysExport(Stack.of(this), [clusterHost, clusterPort, secret.secretArn, cluster.clusterIdentifier]);

    this.access = {
      host: proxy?.endpoint ?? clusterHost,
      port: proxy === undefined ? clusterPort : '3306',
      database: mysql.database,
      tls: mysql.tls,
      secret,
      ownerSecret,
    };
    this.identifier = cluster.clusterIdentifier;
    this.acknowledgements(cluster);
  }

  /** The migration creates the user of this secret, and sets this password on every run. */
  private appSecret(config: StageConfig): ISecret {
    const secret = new Secret(this, 'AppUser', {
      description: 'The MySQL user of the functions, who reads and writes rows',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'chat_app' }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludePunctuation: true,
      },
      removalPolicy: dataRemovalPolicy(config),
    });
    acknowledgeFindings(secret, {
      'AwsSolutions-SMG4':
        'Secrets Manager cannot change a password in MySQL without a function of its own: put a new one here and run the migration, which sets it.',
    });
    return secret as ISecret;
  }

  private securityGroup(network: NetworkResources): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'Access', {
      vpc: network.vpc,
      description: 'Aurora MySQL and its proxy',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(network.functionsSecurityGroup, Port.tcp(3306), 'MySQL from functions');
    return securityGroup;
  }

  /**
   * A retained cluster needs its instances, and cannot be separated from its subnets, parameters and security group.
   */
  private keepWhatTheClusterNeeds(config: StageConfig): void {
    const needed = new Set([
      'AWS::RDS::DBInstance',
      'AWS::RDS::DBSubnetGroup',
      'AWS::RDS::DBClusterParameterGroup',
      'AWS::EC2::SecurityGroup',
    ]);
    for (const resource of this.node.findAll().filter(CfnResource.isCfnResource)) {
      if (needed.has(resource.cfnResourceType)) resource.applyRemovalPolicy(dataRemovalPolicy(config));
    }
  }

  private parameters(engine: IClusterEngine): ParameterGroup {
    return new ParameterGroup(this, 'Parameters', {
      engine,
      description: 'TLS only, UTC, UTF-8',
      parameters: {
        require_secure_transport: 'ON',
        time_zone: 'UTC',
        character_set_server: 'utf8mb4',
        collation_server: 'utf8mb4_unicode_ci',
      },
    });
  }

  private acknowledgements(cluster: DatabaseCluster): void {
    acknowledgeFindings(cluster, {
      'AwsSolutions-RDS6':
        'A token of IAM is signed for each new connection, and Aurora takes 200 such connections a second; functions read a password that RDS itself changes every week.',
      'AwsSolutions-RDS11':
        'Nobody but the functions and the proxy gets as far as the port: an uncommon number would hide it from nobody else.',
      'AwsSolutions-RDS14':
        'Aurora Serverless v2 cannot be backtracked; it is restored to any second of its backups.',
      'AwsSolutions-RDS16':
        'The general, audit and slow logs hold statements with the names and e-mail addresses of people. Performance Insights shows statements without their values.',
    });
  }
}
