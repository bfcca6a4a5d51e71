import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnIntegration, CfnRoute, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HttpRoute as RouteData } from '../../functions/routes/route.ts';
import { routeKeysOf } from '../../functions/routes/table.ts';

/**
 * An HTTP route on its function. Made of API Gateway's own resources: CDK's `HttpRoute` refuses a path with a
 * slash at its end, under which collections answer too.
 */
export class HttpRoute extends Construct {
  constructor(scope: Construct, api: IHttpApi, route: RouteData, target: IFunction) {
    super(scope, `${route.id}-route`);

    const integration = new CfnIntegration(this, 'Integration', {
      apiId: api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: target.functionArn,
      payloadFormatVersion: '2.0',
    });
    for (const routeKey of routeKeysOf(route)) {
      new CfnRoute(this, routeKey.endsWith('/') && route.path !== '/' ? 'SlashRoute' : 'Route', {
        apiId: api.apiId,
        routeKey,
        target: `integrations/${integration.ref}`,
      });
    }
    target.addPermission(`${route.id}-invoke`, {
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
