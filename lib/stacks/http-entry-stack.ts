import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import { CfnStage, HttpStage, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import type { HttpRoute } from '../../functions/contract/route.ts';
import { httpRoutes, routeKeysOf } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { accessLog } from '../constructs/access-log.ts';
import { ApiDomain } from '../constructs/api-domain.ts';

/** The route keys with their own throttle: those of routes that hash passwords and are not retiring. */
export const throttledRouteKeys = (routes: readonly HttpRoute[]): string[] =>
  routes.filter(({ load, retiring }) => load === 'password' && retiring !== true).flatMap(routeKeysOf);

interface HttpEntryStackProps extends StackProps {
  readonly config: StageConfig;
  readonly api: IHttpApi;
  /** The host name for clients. */
  readonly host: string;
}

/**
 * The entry point of the HTTP API: throttles, access log and domain name. Deployed after all routes, since it refers
 * to them.
 */
export class HttpEntryStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpEntryStackProps) {
    super(scope, id, props);
    const { config, api, host } = props;
    const { domains, throttling } = config;

    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: throttling.standard,
      accessLogSettings: accessLog(this, config, 'http'),
    });
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('The stage is not made of a CfnStage');
    defaultChild.routeSettings = Object.fromEntries(
      throttledRouteKeys(httpRoutes).map((routeKey) => [
        routeKey,
        {
          ThrottlingRateLimit: throttling.password.rateLimit,
          ThrottlingBurstLimit: throttling.password.burstLimit,
        },
      ]),
    );

    if (domains !== undefined) {
      new ApiDomain(this, 'Domain', { domains, name: domains.httpApi, api, stage });
    }
    new CfnOutput(this, 'HttpUrl', {
      value: `${host}/`,
    });
  }
}
