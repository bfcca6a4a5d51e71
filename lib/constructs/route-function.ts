import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { needsOf, type Load, type Need, type Route } from '../../functions/contract/route.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from './function-bundles.ts';
import { acknowledgeFindings, wildcardFinding, managedPolicyFinding } from './acknowledge-findings.ts';
import { AtlasUser } from './atlas-user.ts';
import { BundledCode } from './bundled-code.ts';
import type { Release } from './release.ts';
import { grantNeed, type StageResources } from './stage-resources.ts';

export interface RouteFunctionProps {
  readonly route: Route;
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
  readonly environment?: Record<string, string>;
  /**
   * Shifts traffic gradually to new code; absent for a function that is invoked only on a schedule or at a
   * deployment.
   */
  readonly release?: Release | undefined;
}

/**
 * Memory in MB; Lambda assigns CPU in proportion. bcrypt needs a whole vCPU, which comes with 1,769 MB. The others
 * wait for stores, but start faster with more.
 */
const memory: Record<Load, number> = { standard: 512, password: 1769, image: 1769 };

/**
 * Additional seconds for the session check before a handler, the work after its response, and a cold start in the
 * VPC.
 */
const SECONDS_AROUND = 9;

/**
 * The timeout of a function. Every handler responds within 6 s, or within the time that its route states, and API
 * Gateway waits for 29 s: a longer run hangs. A job gets Lambda's maximum, since altering a large table takes time.
 */
const timeout = (route: Route): Duration => {
  if (route.transport === 'job') return Duration.minutes(15);
  const answersWithin = route.transport === 'http' ? route.answersWithin : undefined;
  return Duration.seconds((answersWithin ?? 6) + SECONDS_AROUND);
};

/**
 * Reserved concurrency as the stage configures it: limits the functions that use MySQL, since MySQL's connections are
 * limited.
 */
const reservation = (
  route: Route,
  { concurrency }: StageConfig,
): { readonly reservedConcurrentExecutions?: number } => {
  const most =
    concurrency?.routes[route.id] ?? (needsOf(route).has('mysql') ? concurrency?.standard : undefined);
  return most === undefined ? {} : { reservedConcurrentExecutions: most };
};

/**
 * Whether connecting waits for a paused MySQL. Jobs that run every few minutes do not wait: the next run makes up for
 * a failed one.
 */
const waitsForMysql = (route: Route): boolean =>
  route.transport === 'job' && needsOf(route).has('mysql') && !/minute/.test(route.schedule ?? '');

/**
 * The name of a route's function in a stage, by which other functions invoke it without a reference between their
 * stacks.
 */
export const functionNameOf = ({ id }: Pick<Route, 'id'>, { stage }: Pick<StageConfig, 'stage'>): string =>
  `chat-service-${stage}-${id}`;

/** The Lambda function of one route, configured entirely by the route's data. */
export class RouteFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** The target for callers: the function, or the alias through which its code changes gradually. */
  readonly target: IFunction;
  readonly route: Route;

  constructor(
    scope: Construct,
    { route, config, bundles, resources, version, environment, release }: RouteFunctionProps,
  ) {
    super(scope, route.id);
    this.route = route;
    const needs = needsOf(route);
    const name = functionNameOf(route, config);

    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: route.summary,
      code: new BundledCode(bundles.directoryOf(route)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory[route.load ?? 'standard'],
      timeout: timeout(route),
      ...reservation(route, config),
      tracing: config.features.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      loggingFormat: LoggingFormat.JSON,
      // Lambda drops log lines below this level, whatever level the function's own logger has.
      applicationLogLevelV2: ApplicationLogLevel[config.logs.level],
      logGroup: new LogGroup(this, 'Logs', {
        logGroupName: `/aws/lambda/${name}`,
        // The enumeration's values are the days.
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
        retention: config.logs.retentionDays as RetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      environment: {
        STAGE: config.stage,
        SERVICE_VERSION: version,
        POWERTOOLS_LOG_LEVEL: config.logs.level,
        LIMITS: JSON.stringify(config.limits),
        ...(waitsForMysql(route) ? { MYSQL_WAITS: 'on' } : {}),
        ...(route.load === 'password' ? { PASSWORD_COST: String(config.passwordCost) } : {}),
        ...environment,
      },
      ...(needs.has('mysql')
        ? {
            vpc: resources.network.vpc,
            vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
            securityGroups: [resources.network.functionsSecurityGroup],
          }
        : {}),
    });

    for (const need of needs) this.grant(need, resources);
    const { cluster } = config.mongodb;
    if (needs.has('mongodb') && cluster !== undefined) {
      new AtlasUser(this, 'AtlasUser', { route, lambda: this.lambda, cluster, config });
    }
    this.acknowledgements(config, needs);
    // Must come last: a Lambda version snapshots the whole configuration.
    this.target = release?.shift(this.lambda) ?? this.lambda;
  }

  private acknowledgements(config: StageConfig, needs: ReadonlySet<Need>): void {
    acknowledgeFindings(this, {
      [managedPolicyFinding('AWSLambdaBasicExecutionRole')]:
        'Lambda’s own policy for writing logs. It reaches no data.',
      ...(needs.has('mysql')
        ? {
            [managedPolicyFinding('AWSLambdaVPCAccessExecutionRole')]:
              'Lambda’s own policy for standing in a VPC, whose addresses it takes and gives back. It reaches no data.',
          }
        : {}),
      ...(config.features.tracing
        ? { [wildcardFinding('*')]: 'X-Ray takes traces without a resource to name.' }
        : {}),
    });
  }

  private grant(need: Need, resources: StageResources): void {
    const variables = grantNeed(need, resources, this.lambda);
    for (const [name, value] of Object.entries(variables)) this.lambda.addEnvironment(name, value);
  }
}
