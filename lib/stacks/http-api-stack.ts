import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import { CorsHttpMethod, HttpApi, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { releaseAlarm, releasePeriod } from '../constructs/release-alarm.ts';

/** The HTTP API by itself. Its routes are stacks of their own, since all of them are more than one stack holds. */
export class HttpApiStack extends Stack {
  readonly api: IHttpApi;
  readonly apiId: string;
  /** Where clients find it, without a path. */
  readonly host: string;
  /** As a client takes it, without a slash at its end. */
  readonly apiUrl: string;
  /** Takes a release of any route back. */
  readonly releaseAlarm: IAlarm | undefined;

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    const { domains, edge } = config;
    const api = new HttpApi(this, 'Api', {
      apiName: `chat-service-${config.stage}-http`,
      createDefaultStage: false,
      // One way in: by the API's own name, which CloudFront uses where it stands in front.
      disableExecuteApiEndpoint: domains !== undefined,
      corsPreflight: {
        allowOrigins: config.corsOrigins,
        allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
        allowHeaders: ['authorization', 'content-type'],
        exposeHeaders: ['x-request-id', 'retry-after'],
        maxAge: Duration.hours(1),
      },
    });
    // CDK's classes are not written for exactOptionalPropertyTypes.
    this.api = api as IHttpApi;
    this.apiId = api.apiId;
    const name = edge?.domain.name ?? domains?.httpApi;
    this.host = name === undefined ? api.apiEndpoint : `https://${name}`;
    this.apiUrl = `${this.host}/api/v1`;
    this.releaseAlarm = config.features.gradualDeployments
      ? releaseAlarm(this, config, api.metricServerError(releasePeriod))
      : undefined;
  }
}
