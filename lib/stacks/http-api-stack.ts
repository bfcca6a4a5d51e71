import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import { CorsHttpMethod, HttpApi, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { releaseAlarm, releasePeriod } from '../constructs/release-alarm.ts';

/** The HTTP API itself. Its routes are in stacks of their own, since one stack cannot hold all of them. */
export class HttpApiStack extends Stack {
  readonly api: IHttpApi;
  readonly apiId: string;
  /** The host name for clients. */
  readonly host: string;
  /** The base URL for clients, without a trailing slash. */
  readonly apiUrl: string;
  /** The alarm that rolls a release of any route back. */
  readonly releaseAlarm: IAlarm | undefined;

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    const { domains, edge } = config;
    const api = new HttpApi(this, 'Api', {
      apiName: `chat-service-${config.stage}-http`,
      createDefaultStage: false,
      // Only one endpoint: with a custom domain, clients and CloudFront use the domain.
      disableExecuteApiEndpoint: domains !== undefined,
      corsPreflight: {
        allowOrigins: config.corsOrigins,
        allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
        allowHeaders: ['authorization', 'content-type'],
        exposeHeaders: ['x-request-id', 'retry-after'],
        maxAge: Duration.hours(1),
      },
    });
    // CDK's classes do not support exactOptionalPropertyTypes.
    this.api = api as IHttpApi;
    this.apiId = api.apiId;
    const name = edge?.domain.name ?? domains?.httpApi;
    this.host = name === undefined ? api.apiEndpoint : `https://${name}`;
    this.apiUrl = `${this.host}/api/v1`;
    this.releaseAlarm = config.features.gradualDeployments
      ? releaseAlarm(this, config, api.metricServerError(releasePeriod), 'http-api')
      : undefined;
  }
}
