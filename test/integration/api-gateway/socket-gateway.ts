import type { TestContext } from 'node:test';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import type {
  RequestAuthorizer,
  WebSocketApiDefinition,
} from '../../../lib/local/api-gateway/definitions.ts';
import { startWebSocketApi } from '../../../lib/local/api-gateway/websocket-api.ts';
import type { WebSocketApi, WebSocketApiOptions } from '../../../lib/local/api-gateway/websocket-api.ts';
import { fakeFunctions } from './fake-functions.ts';
import type { FakeFunctions, FakeHandler } from './fake-functions.ts';

export interface SocketGatewayOptions extends Pick<WebSocketApiOptions, 'limits' | 'faults'> {
  authorizer?: RequestAuthorizer;
  /** The routes whose function's body goes back. */
  twoWay?: string[];
  timeoutMs?: number;
  api?: Partial<WebSocketApiDefinition>;
}

export const accessKeyId = 'AKIALOCALLOCALLOCAL1';
export const ok = () => ({ statusCode: 200 });

/** Starts a WebSocket API for one test: each handler is a route; its route key is also the name of its function. */
export const socketGateway = async (
  test: TestContext,
  handlers: Record<string, FakeHandler>,
  options: SocketGatewayOptions = {},
): Promise<{ gateway: WebSocketApi; functions: FakeFunctions; lines: string[] }> => {
  const { authorizer, twoWay = [], timeoutMs = 5000, limits, faults, api } = options;
  const functions = fakeFunctions(handlers);
  const lines: string[] = [];
  const routes = Object.keys(handlers)
    .filter((routeKey) => routeKey !== authorizer?.functionName)
    .map((routeKey) => ({
      routeKey,
      functionName: routeKey,
      routeResponse: twoWay.includes(routeKey),
      timeoutMs,
      ...(routeKey === '$connect' && authorizer !== undefined && { authorizer }),
    }));
  const gateway = await startWebSocketApi({
    api: {
      apiId: 'abcdef1234',
      stage: 'local',
      accountId: '123456789012',
      region: 'eu-central-1',
      routeSelectionExpression: '$request.body.type',
      routes,
      ...api,
    },
    host: '127.0.0.1',
    port: 0,
    invoke: functions.invoke,
    log: (line) => lines.push(line),
    mayManage: (id) => (id === accessKeyId ? true : undefined),
    ...(limits !== undefined && { limits }),
    ...(faults !== undefined && { faults }),
  });
  test.after(() => gateway.stop());
  return { gateway, functions, lines };
};

/** An unmodified SDK client whose endpoint is a gateway, as with `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`. */
export const managementClient = (
  test: TestContext,
  gateway: WebSocketApi,
  overrides: { endpoint?: string; accessKeyId?: string } = {},
): ApiGatewayManagementApiClient => {
  const client = new ApiGatewayManagementApiClient({
    endpoint: overrides.endpoint ?? gateway.url.replace('ws:', 'http:'),
    region: 'eu-central-1',
    credentials: { accessKeyId: overrides.accessKeyId ?? accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  test.after(() => client.destroy());
  return client;
};

/** The fields of WebSocket events that the tests use. */
export interface SocketEvent {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
  methodArn: string;
  requestContext: {
    connectionId: string;
    requestId: string;
    routeKey: string;
    disconnectStatusCode?: number;
    disconnectReason?: string;
    authorizer?: Record<string, unknown>;
  };
  body?: string;
}

export const nextEvent = async (functions: FakeFunctions, functionName: string): Promise<SocketEvent> =>
  (await functions.next(functionName)) as SocketEvent;
