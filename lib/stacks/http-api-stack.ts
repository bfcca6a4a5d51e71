import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { fallbackRoute, httpRoutes } from '../../functions/routes/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { HttpRoute } from '../constructs/http-route.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface HttpApiStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
}

/** The HTTP API with a function for each of its routes. */
export class HttpApiStack extends Stack {
  readonly apiId: string;
  /** As a client takes it, without a slash at its end. */
  readonly apiUrl: string;

  constructor(scope: Construct, id: string, props: HttpApiStackProps) {
    super(scope, id, props);
    const { config, bundles, resources, version } = props;

    const api = new HttpApi(this, 'Api', {
      apiName: `chat-service-${config.stage}-http`,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: config.corsOrigins,
        allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
        allowHeaders: ['authorization', 'content-type'],
        exposeHeaders: ['x-request-id', 'retry-after'],
        maxAge: Duration.hours(1),
      },
    });
    this.apiId = api.apiId;
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: config.throttling.standard,
    });

    for (const route of [...httpRoutes, fallbackRoute]) {
      const target = new RouteFunction(this, {
        route,
        config,
        bundles,
        resources,
        version,
        environment: { WEBSOCKET_URL: resources.webSocketStage.url },
      });
      new HttpRoute(this, api, route, target);
    }

    this.apiUrl = `${api.apiEndpoint}/api/v1`;
    new CfnOutput(this, 'HttpUrl', { value: stage.url });
  }
}
