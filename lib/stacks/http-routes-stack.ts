import { Stack, type StackProps } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { HttpRoute as RouteData } from '../../functions/routes/route.ts';
import { fallbackRoute, httpRoutes } from '../../functions/routes/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { FunctionBundles } from '../constructs/function-bundles.ts';
import { edgeEnvironment } from '../constructs/edge-secrets.ts';
import { HttpRoute } from '../constructs/http-route.ts';
import { Release } from '../constructs/release.ts';
import { RouteFunction } from '../constructs/route-function.ts';
import type { StageResources } from '../constructs/stage-resources.ts';

interface HttpRoutesStackProps extends StackProps {
  readonly config: StageConfig;
  readonly bundles: FunctionBundles;
  readonly resources: StageResources;
  readonly version: string;
  readonly webSocketUrl: string;
  readonly api: IHttpApi;
  readonly releaseAlarm: IAlarm | undefined;
  readonly routes: readonly RouteData[];
}

/** The HTTP routes of each stack: a production route is eleven resources, and a stack holds 500. */
export const httpRouteGroups: Readonly<Record<string, readonly RouteData[]>> = {
  users: httpRoutes.filter(({ tag }) => tag === 'Users'),
  chats: httpRoutes.filter(({ tag }) => tag === 'Chats'),
  messages: httpRoutes.filter(({ tag }) => tag === 'Messages'),
  system: [...httpRoutes.filter(({ tag }) => tag === 'Real time' || tag === 'System'), fallbackRoute],
};

/** Some routes of the HTTP API, with a function for each. */
export class HttpRoutesStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpRoutesStackProps) {
    super(scope, id, props);
    const { routes, api, releaseAlarm, webSocketUrl, ...shared } = props;
    const release =
      releaseAlarm === undefined ? undefined : new Release(this, 'Release', { alarm: releaseAlarm });
    for (const route of routes) {
      const { target } = new RouteFunction(this, {
        ...shared,
        route,
        release,
        environment: { WEBSOCKET_URL: webSocketUrl, ...edgeEnvironment(shared.config) },
      });
      const made = new HttpRoute(this, api, route, target);
      acknowledge(made, {
        'AwsSolutions-APIG4':
          route.auth === 'user'
            ? 'Its function checks the token itself, beside its first read: an authorizer would be one more function in a row.'
            : 'It is for people who have no token yet, or for machines: the contract says so.',
      });
    }
  }
}
