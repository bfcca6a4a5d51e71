import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { HttpRoute as RouteData } from '../../functions/contract/route.ts';
import { fallbackRoute, httpRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
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

/**
 * The stack of an HTTP route, derived from its path. Never from something that a release may change, such as its
 * chapter in the documents: a route that moves to another stack fails with "already exists" (lib/docs/deploying.md
 * explains how to move one).
 */
const groupOf = ({ path }: RouteData): string => {
  if (path.startsWith('/api/v1/users/me/')) return 'me';
  if (path.startsWith('/api/v1/users')) return 'users';
  if (path.startsWith('/api/v1/chats')) return 'chats';
  if (path.startsWith('/api/v1/messages') || path === '/api/v1/sync') return 'messages';
  if (path.startsWith('/api/v1/moderation') || path.startsWith('/api/v1/reports')) return 'moderation';
  return 'system';
};

/** The HTTP routes of each stack: a production route has eleven resources, and a stack is limited to 500. */
export const httpRouteGroups: ReadonlyMap<string, readonly RouteData[]> = Map.groupBy(
  [...httpRoutes, fallbackRoute],
  groupOf,
);

/** A group of routes of the HTTP API, with a function for each. */
export class HttpRoutesStack extends Stack {
  constructor(scope: Construct, id: string, props: HttpRoutesStackProps) {
    super(scope, id, props);
    const { routes, api, releaseAlarm, webSocketUrl, ...shared } = props;
    const release =
      releaseAlarm === undefined ? undefined : new Release(this, 'Release', { alarms: [releaseAlarm] });
    for (const route of routes) {
      const { target } = new RouteFunction(this, {
        ...shared,
        route,
        release,
        environment: { WEBSOCKET_URL: webSocketUrl, ...edgeEnvironment(shared.config) },
      });
      const made = new HttpRoute(this, api, route, target);
      acknowledgeFindings(made, {
        'AwsSolutions-APIG4':
          route.auth === 'user'
            ? 'Its function checks the token itself, beside its first read: an authorizer would be one more function in a row.'
            : 'It is for people who have no token yet, or for machines: the contract says so.',
      });
    }
  }
}
