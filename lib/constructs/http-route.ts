import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import { CfnIntegration, CfnRoute, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HttpRoute as RouteData } from '../../functions/contract/route.ts';
import { routeKeysOf } from '../../functions/contract/table.ts';

/**
 * The construct id of a route, from which CloudFormation's logical ids follow: its method and path, as API Gateway
 * tells routes apart. A route whose function is renamed, or a path variable of it, stays the same resource and is
 * updated in place; a second resource of the same route key would be refused as "already exists".
 */
const constructId = (routeKey: string): string => routeKey.replaceAll(/\{[^}]+\}/g, '{}');

/**
 * An HTTP route on its function. Made of API Gateway's own resources: CDK's `HttpRoute` refuses a path with a
 * slash at its end, under which collections answer too.
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
        // Any stage, any of the route's keys: the function serves this route only.
        resourceName: '*/*',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    });
  }
}
