import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { needsOf, type Load, type Need, type Route } from '../../functions/routes/route.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from './function-bundles.ts';
import { grantNeed, type StageResources } from './stage-resources.ts';

export interface RouteFunctionProps {
  readonly route: Route;
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
  readonly environment?: Record<string, string>;
}

/**
 * Memory in MB; Lambda gives CPU in proportion. bcrypt wants a whole vCPU, which comes with 1,769 MB. The
 * others wait for stores, but start sooner with more.
 */
const memory: Record<Load, number> = { standard: 512, password: 1769 };

/** The transport answers within 6 s; the rest is for a cold start. A change of a large table takes its time. */
const timeout = (route: Route): Duration =>
  route.transport === 'job' ? Duration.minutes(15) : Duration.seconds(15);

/** The Lambda function of one route: everything about it follows from the route's data. */
export class RouteFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly route: Route;

  constructor(
    scope: Construct,
    { route, config, bundles, resources, version, environment }: RouteFunctionProps,
  ) {
    super(scope, route.id);
    this.route = route;
    const needs = needsOf(route);
    const name = `chat-service-${config.stage}-${route.id}`;

    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: route.summary,
      code: Code.fromAsset(bundles.directoryOf(route)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory[route.load ?? 'standard'],
      timeout: timeout(route),
      loggingFormat: LoggingFormat.JSON,
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
        ...(config.validateOutput ? { VALIDATE_OUTPUT: 'on' } : {}),
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
  }

  private grant(need: Need, resources: StageResources): void {
    const variables = grantNeed(need, resources, this.lambda);
    for (const [name, value] of Object.entries(variables)) this.lambda.addEnvironment(name, value);
  }
}
