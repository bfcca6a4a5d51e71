import type {
  CorsConfiguration,
  HttpApiDefinition,
  Throttling,
  WebSocketApiDefinition,
} from './api-gateway/definitions.ts';
import type { Assembly, Resource } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';

/** The APIs that the templates describe, for the gateways to serve. */
export interface ApiDefinitions {
  readonly http: HttpApiDefinition;
  readonly webSocket: WebSocketApiDefinition;
}

interface Route {
  readonly ApiId: string;
  readonly RouteKey: string;
  readonly Target: string;
  readonly AuthorizerId?: string;
}

interface Stage {
  readonly ApiId: string;
  readonly StageName: string;
  readonly DefaultRouteSettings?: {
    readonly ThrottlingRateLimit?: number;
    readonly ThrottlingBurstLimit?: number;
  };
}

/** API Gateway's own limits on an integration. */
const HTTP_INTEGRATION_MS = 30_000;
const WEBSOCKET_INTEGRATION_MS = 29_000;

/** The function's name in its URI or ARN, such as `arn:…:function:NAME/invocations`. */
const functionNameIn = (uri: string): string => {
  const name = /:function:([\w-]+)/.exec(uri)?.[1];
  if (name === undefined) throw new Error(`${uri} is not an integration with a function`);
  return name;
};

/** @throws Error when the templates do not describe one HTTP API and one WebSocket API */
export const apiDefinitions = (
  assembly: Assembly,
  resolver: Resolver,
  names: { readonly account: string; readonly region: string },
): ApiDefinitions => {
  const evaluated = <T>(type: string): { resource: Resource; properties: T }[] =>
    assembly
      .resourcesOf(type)
      .map((resource) => ({ resource, properties: resolver.propertiesOf(resource) as T }));

  const integrations = new Map(
    evaluated<{ IntegrationUri: string }>('AWS::ApiGatewayV2::Integration').map(
      ({ resource, properties }) => [
        resolver.physicalOf(resource).ref,
        functionNameIn(properties.IntegrationUri),
      ],
    ),
  );
  const authorizers = new Map(
    evaluated<{ AuthorizerUri: string; IdentitySource?: string[] }>('AWS::ApiGatewayV2::Authorizer').map(
      ({ resource, properties }) => [
        resolver.physicalOf(resource).ref,
        {
          functionName: functionNameIn(properties.AuthorizerUri),
          identitySources: properties.IdentitySource ?? [],
        },
      ],
    ),
  );
  const routeResponses = new Set(
    evaluated<{ RouteId: string }>('AWS::ApiGatewayV2::RouteResponse').map(
      ({ properties }) => properties.RouteId,
    ),
  );

  const routesOf = (apiId: string) =>
    evaluated<Route>('AWS::ApiGatewayV2::Route')
      .filter(({ properties }) => properties.ApiId === apiId)
      .map(({ resource, properties }) => {
        const functionName = integrations.get(properties.Target.replace('integrations/', ''));
        if (functionName === undefined) throw new Error(`${properties.RouteKey} has no integration`);
        const authorizer = authorizers.get(properties.AuthorizerId ?? '');
        return {
          routeKey: properties.RouteKey,
          functionName,
          routeResponse: routeResponses.has(resolver.physicalOf(resource).ref),
          ...(authorizer === undefined ? {} : { authorizer }),
        };
      });

  const stageOf = (apiId: string): { stage: string; throttling?: Throttling } => {
    const stage = evaluated<Stage>('AWS::ApiGatewayV2::Stage').find(
      ({ properties }) => properties.ApiId === apiId,
    )?.properties;
    if (stage === undefined) throw new Error(`The API ${apiId} has no stage`);
    const { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit } =
      stage.DefaultRouteSettings ?? {};
    return {
      stage: stage.StageName,
      ...(rateLimit === undefined || burstLimit === undefined
        ? {}
        : { throttling: { rateLimit, burstLimit } }),
    };
  };

  interface Api {
    readonly ProtocolType: 'HTTP' | 'WEBSOCKET';
    readonly RouteSelectionExpression?: string;
    readonly CorsConfiguration?: Readonly<Record<string, never>>;
  }
  const apiOf = (protocol: Api['ProtocolType']) => {
    const found = evaluated<Api>('AWS::ApiGatewayV2::Api').filter(
      ({ properties }) => properties.ProtocolType === protocol,
    );
    const [api] = found;
    if (api === undefined || found.length > 1) {
      throw new Error(`The templates describe ${found.length} ${protocol} APIs instead of one`);
    }
    const apiId = resolver.physicalOf(api.resource).ref;
    return {
      properties: api.properties,
      shared: { apiId, accountId: names.account, region: names.region, ...stageOf(apiId) },
    };
  };

  const http = apiOf('HTTP');
  const webSocket = apiOf('WEBSOCKET');
  return {
    http: {
      ...http.shared,
      routes: routesOf(http.shared.apiId).map(({ routeKey, functionName }) => ({
        routeKey,
        functionName,
        timeoutMs: HTTP_INTEGRATION_MS,
      })),
      ...(http.properties.CorsConfiguration === undefined
        ? {}
        : { cors: corsOf(http.properties.CorsConfiguration) }),
    },
    webSocket: {
      ...webSocket.shared,
      routeSelectionExpression: webSocket.properties.RouteSelectionExpression ?? '$request.body.action',
      routes: routesOf(webSocket.shared.apiId).map((route) => ({
        ...route,
        timeoutMs: WEBSOCKET_INTEGRATION_MS,
      })),
    },
  };
};

/** Converts CloudFormation's field names, which begin with a capital letter. */
const corsOf = (properties: Readonly<Record<string, unknown>>): CorsConfiguration =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  );
