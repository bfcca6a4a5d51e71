import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnStage, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import type { Route } from '../../functions/contract/route.ts';
import { connectionAuthorizer, webSocketRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { accessLog } from '../constructs/access-log.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { ApiDomain } from '../constructs/api-domain.ts';
import { ApiGatewayLogging } from '../constructs/api-gateway-logging.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { releaseAlarm, releasePeriod } from '../constructs/release-alarm.ts';
import { Release } from '../constructs/release.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type {
  DataResources,
  FileResources,
  MailResources,
  NetworkResources,
  PushResources,
  StageResources,
} from '../constructs/stage-resources.ts';
import { combineInGroups } from '../observability/alarm-definition.ts';
import { ownMetric } from '../observability/delivery-alarms.ts';
import { functionMetric } from '../observability/function-alarms.ts';

interface WebSocketApiStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly network: NetworkResources;
  readonly data: DataResources;
  readonly files: FileResources;
  readonly mail: MailResources;
  readonly push: PushResources;
  readonly version: string;
}

/** The WebSocket API with a function for each of its routes, and its authorizer. */
export class WebSocketApiStack extends Stack {
  readonly resources: StageResources & { readonly webSocketStage: WebSocketStage };
  /** The URL to which clients connect. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebSocketApiStackProps) {
    super(scope, id, props);
    const { config, bundles, network, data, files, mail, push, version } = props;

    const api = new WebSocketApi(this, 'Api', {
      apiName: `chat-service-${config.stage}-websocket`,
      routeSelectionExpression: '$request.body.type',
    });
    const webSocketStage = new WebSocketStage(this, 'Stage', {
      webSocketApi: api,
      stageName: config.stage,
      autoDeploy: true,
      throttle: config.throttling.standard,
      accessLogSettings: accessLog(this, config, 'websocket'),
    });
    this.logExecution(webSocketStage, config);
    const { domains } = config;
    if (domains !== undefined) {
      const name = domains.webSocketApi;
      new ApiDomain(this, 'Domain', { domains, name, api, stage: webSocketStage });
    }
    this.url = domains === undefined ? webSocketStage.url : `wss://${domains.webSocketApi}`;
    this.resources = { network, data, files, mail, push, webSocketStage, moderators: config.moderators };

    const release = config.features.gradualDeployments
      ? new Release(this, 'Release', {
          alarms: this.releaseAlarms(config),
        })
      : undefined;
    const functionFor = (route: Route): RouteFunction =>
      new RouteFunction(this, { route, config, bundles, resources: this.resources, version, release });

    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', functionFor(connectionAuthorizer).target, {
      // No identity source: the authorizer rejects requests without a token or ticket.
      identitySource: [],
    });
    for (const route of webSocketRoutes) {
      api.addRoute(route.routeKey, {
        // The id is unique within the route's own construct, and independent of the function's name.
        integration: new WebSocketLambdaIntegration('Integration', functionFor(route).target),
        ...(route.routeKey === '$connect' ? { authorizer } : {}),
        returnResponse: route.routeResponse,
      });
    }
    acknowledgeFindings(api, {
      'AwsSolutions-APIG4':
        'API Gateway asks an authorizer when a connection is opened, and lets no frame through without one: no other route can have it.',
    });

    new CfnOutput(this, 'WebSocketUrl', { value: this.url });
  }

  /**
   * Alarms on failed frames and handshakes, and on crashes of the functions: one for every ten metrics. API Gateway's
   * `IntegrationError` would count rejected handshakes, such as those of a rate limit.
   */
  private releaseAlarms(config: StageConfig): Alarm[] {
    const { period, statistic } = releasePeriod;
    const failed = ownMetric({ config }, 'FailedFrames', statistic, period);
    const crashed = webSocketRoutes.map(({ id }) => functionMetric(config, id, 'Errors', statistic, period));
    return combineInGroups('SUM', [failed, ...crashed], 'Errors', period).map((errors, index) =>
      releaseAlarm(this, config, errors, 'websocket-api', index + 1),
    );
  }

  /** Writes API Gateway's execution logs. */
  private logExecution(stage: WebSocketStage, config: StageConfig): void {
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('The stage is not made of a CfnStage');
    defaultChild.addPropertyOverride('DefaultRouteSettings.LoggingLevel', config.logs.execution);
    // Without data tracing, since frames contain users' messages.
    defaultChild.addPropertyOverride('DefaultRouteSettings.DataTraceEnabled', false);
    stage.node.addDependency(new ApiGatewayLogging(this, 'Logging'));
  }
}
