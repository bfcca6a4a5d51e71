import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import { CfnIntegration, CfnRoute, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HttpRoute as RouteData } from '../../functions/contract/route.ts';
import { routeKeysOf } from '../../functions/contract/table.ts';

/**
 * The construct id of a route, from which CloudFormation's logical ids derive: its method and path, by which API
 * Gateway distinguishes routes. When its function or one of its path variables is renamed, a route stays the same
 * resource and is updated in place; a second resource with the same route key would fail with "already exists".
 */
const constructId = (routeKey: string): string => routeKey.replaceAll(/\{[^}]+\}/g, '{}');

/**
 * An HTTP route with its function as the integration. Built from API Gateway's own resources: CDK's `HttpRoute`
 * rejects a path with a trailing slash, under which collections are available, too.
 */
export class HttpRoute extends Construct {
  constructor(scope: Construct, api: IHttpApi, route: RouteData, lambda: IFunction) {
    const [routeKey = route.id, ...otherKeys] = routeKeysOf(route);
    super(scope, constructId(routeKey));

    const integration = new CfnIntegration(this, 'Integration', {
      apiId: api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: lambda.functionArn,
      payloadFormatVersion: '2.0',
    });
    const target = `integrations/${integration.ref}`;
    new CfnRoute(this, 'Route', { apiId: api.apiId, routeKey, target });
    for (const key of otherKeys) {
      const id = key === `${routeKey}/` ? 'SlashRoute' : constructId(key);
      new CfnRoute(this, id, { apiId: api.apiId, routeKey: key, target });
    }
    lambda.addPermission('Permission', {
      scope: this,
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: api.apiId,
        // Any stage, and any of the route's keys: the function serves only this route.
        resourceName: '*/*',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    });
  }
}
