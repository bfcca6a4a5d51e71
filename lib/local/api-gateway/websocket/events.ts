import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { clientAddress } from '../client-address.ts';
import type { WebSocketApiDefinition } from '../definitions.ts';
import { newTraceId } from '../identifiers.ts';
import { formatRequestTime } from '../request-time.ts';

/*
 * The events of a WebSocket API. AWS documents their fields
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)
 * and shows one whole, the authorizer's
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html); the key
 * sets of the others are those of the events recorded in aws-powertools/powertools-lambda-python, tests/events.
 */

/** The properties that stay the same over the life of a connection. */
export interface ConnectionFacts {
  connectionId: string;
  connectedAt: number;
  domainName: string;
  sourceIp: string;
  userAgent: string | undefined;
  /** The authorizer's context, contained in every later event; all values are strings except `integrationLatency`. */
  authorizer: AuthorizerContext | undefined;
}

export interface AuthorizerContext {
  principalId: string;
  integrationLatency: number;
  [key: string]: string | number;
}

export interface RequestContext extends Omit<APIGatewayEventWebsocketRequestContextV2, 'messageId'> {
  messageId?: string;
  disconnectStatusCode?: number;
  disconnectReason?: string;
  identity: { sourceIp: string; userAgent?: string };
  authorizer?: AuthorizerContext;
}

/** @types/aws-lambda declares no headers, and a message id for events that have none. */
export interface WebSocketEvent extends Omit<APIGatewayProxyWebsocketEventV2, 'requestContext'> {
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  requestContext: RequestContext;
}

export interface AuthorizerEvent {
  type: 'REQUEST';
  methodArn: string;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters: Record<string, string>;
  multiValueQueryStringParameters: Record<string, string[]>;
  stageVariables: Record<string, string>;
  requestContext: RequestContext;
}

/** A handshake request in the form that events contain. */
export interface HandshakeRequest {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters: Record<string, string>;
  multiValueQueryStringParameters: Record<string, string[]>;
}

/** Header names keep the client's case; the last of several values wins in the single-value maps. */
export const readHandshake = (request: IncomingMessage, socket: Socket): HandshakeRequest => {
  const headers = new Map<string, string[]>();
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (leftOut.has(name.toLowerCase())) continue;
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [raw[index + 1] ?? '']);
    else values.push(raw[index + 1] ?? '');
  }
  headers.set('X-Amzn-Trace-Id', [newTraceId(Date.now())]);
  headers.set('X-Forwarded-For', [clientAddress(socket)]);
  headers.set('X-Forwarded-Port', [String(socket.localPort ?? '')]);
  headers.set('X-Forwarded-Proto', ['http']);

  const query = new Map<string, string[]>();
  const url = request.url ?? '';
  const question = url.indexOf('?');
  for (const [name, value] of new URLSearchParams(question === -1 ? '' : url.slice(question + 1))) {
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return {
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: lastOf(query),
    multiValueQueryStringParameters: Object.fromEntries(query),
  };
};

export const authorizerEvent = (
  api: WebSocketApiDefinition,
  facts: ConnectionFacts,
  handshake: HandshakeRequest,
  requestId: string,
): AuthorizerEvent => {
  // The documented event contains these three headers; the event of $connect does not.
  const upgrade = { Connection: 'upgrade', 'content-length': '0', Upgrade: 'websocket' };
  const single = Object.entries(upgrade);
  return {
    type: 'REQUEST',
    methodArn: connectArn(api),
    headers: { ...upgrade, ...handshake.headers },
    multiValueHeaders: {
      ...Object.fromEntries(single.map(([name, value]) => [name, [value]])),
      ...handshake.multiValueHeaders,
    },
    queryStringParameters: handshake.queryStringParameters,
    multiValueQueryStringParameters: handshake.multiValueQueryStringParameters,
    stageVariables: {},
    requestContext: requestContext(api, facts, '$connect', 'CONNECT', requestId),
  };
};

export const connectArn = ({ region, accountId, apiId, stage }: WebSocketApiDefinition): string =>
  `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/$connect`;

export const connectEvent = (
  api: WebSocketApiDefinition,
  facts: ConnectionFacts,
  handshake: HandshakeRequest,
  requestId: string,
): WebSocketEvent => {
  const hasQuery = Object.keys(handshake.queryStringParameters).length > 0;
  return {
    headers: handshake.headers,
    multiValueHeaders: handshake.multiValueHeaders,
    ...(hasQuery && {
      queryStringParameters: handshake.queryStringParameters,
      multiValueQueryStringParameters: handshake.multiValueQueryStringParameters,
    }),
    requestContext: requestContext(api, facts, '$connect', 'CONNECT', requestId),
    isBase64Encoded: false,
  };
};

export const messageEvent = (
  api: WebSocketApiDefinition,
  facts: ConnectionFacts,
  routeKey: string,
  ids: { messageId: string; requestId: string },
  body: string,
): WebSocketEvent => {
  const context = requestContext(api, facts, routeKey, 'MESSAGE', ids.requestId);
  context.messageId = ids.messageId;
  return { requestContext: context, body, isBase64Encoded: false };
};

export const disconnectEvent = (
  api: WebSocketApiDefinition,
  facts: ConnectionFacts,
  requestId: string,
  end: { code: number; reason: string },
): WebSocketEvent => {
  const headers = { Host: facts.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  const context = requestContext(api, facts, '$disconnect', 'DISCONNECT', requestId);
  context.disconnectStatusCode = end.code;
  context.disconnectReason = end.reason;
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    requestContext: context,
    isBase64Encoded: false,
  };
};

const requestContext = (
  api: WebSocketApiDefinition,
  facts: ConnectionFacts,
  routeKey: string,
  eventType: RequestContext['eventType'],
  requestId: string,
): RequestContext => {
  const now = Date.now();
  return {
    routeKey,
    eventType,
    extendedRequestId: requestId,
    requestTime: formatRequestTime(now),
    messageDirection: 'IN',
    stage: api.stage,
    connectedAt: facts.connectedAt,
    requestTimeEpoch: now,
    identity: {
      ...(facts.userAgent !== undefined && { userAgent: facts.userAgent }),
      sourceIp: facts.sourceIp,
    },
    requestId,
    domainName: facts.domainName,
    connectionId: facts.connectionId,
    apiId: api.apiId,
    ...(facts.authorizer !== undefined && { authorizer: facts.authorizer }),
  };
};

const leftOut = new Set(['connection', 'content-length', 'upgrade', 'x-amzn-trace-id']);

const lastOf = (values: Map<string, string[]>): Record<string, string> =>
  Object.fromEntries([...values].map(([name, list]) => [name, list.at(-1) ?? '']));
