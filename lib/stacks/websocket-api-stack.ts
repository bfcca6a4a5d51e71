import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import type { Route } from '../../functions/routes/route.ts';
import { connectionAuthorizer, jobRoutes, webSocketRoutes } from '../../functions/routes/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { DataResources, NetworkResources, StageResources } from '../constructs/stage-resources.ts';

interface WebSocketApiStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly network: NetworkResources;
  readonly data: DataResources;
  readonly version: string;
}

/** The WebSocket API with a function for each of its routes, its authorizer, and what a deployment runs. */
export class WebSocketApiStack extends Stack {
  readonly resources: StageResources;

  constructor(scope: Construct, id: string, props: WebSocketApiStackProps) {
    super(scope, id, props);
    const { config, bundles, network, data, version } = props;

    const api = new WebSocketApi(this, 'Api', {
      apiName: `chat-service-${config.stage}-websocket`,
      routeSelectionExpression: '$request.body.type',
    });
    const webSocketStage = new WebSocketStage(this, 'Stage', {
      webSocketApi: api,
      stageName: config.stage,
      autoDeploy: true,
      throttle: config.throttling.standard,
    });
    this.resources = { network, data, webSocketStage };

    const functionFor = (route: Route): RouteFunction =>
      new RouteFunction(this, { route, config, bundles, resources: this.resources, version });

    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', functionFor(connectionAuthorizer).lambda, {
      // None is named: whichever way of proving oneself is used, the function answers for its absence.
      identitySource: [],
    });
    for (const route of webSocketRoutes) {
      api.addRoute(route.routeKey, {
        integration: new WebSocketLambdaIntegration(`${route.id}-integration`, functionFor(route).lambda),
        ...(route.routeKey === '$connect' ? { authorizer } : {}),
        returnResponse: route.routeResponse,
      });
    }
    // The jobs that a deployment runs; those that run by the clock have a stack of their own.
    for (const route of jobRoutes) if (route.schedule === undefined) functionFor(route);

    new CfnOutput(this, 'WebSocketUrl', { value: webSocketStage.url });
  }
}
