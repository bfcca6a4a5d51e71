import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { clientAddress } from '../client-address.ts';
import type { Invoke, Log, WebSocketApiDefinition, WebSocketRoute } from '../definitions.ts';
import { newGatewayId } from '../identifiers.ts';
import { failureLine, invokeWithin } from '../invocation.ts';
import { authorize } from './authorizer.ts';
import { connectEvent, readHandshake } from './events.ts';
import type { ConnectionFacts } from './events.ts';
import { routeResult } from './result.ts';

/** An HTTP response that refuses the connection. */
export interface Refusal {
  admitted: false;
  status: number;
  /** The function's own body, when the function refused. */
  body?: string;
  ids?: { connectionId: string; requestId: string };
}

export interface Admission {
  admitted: true;
  facts: ConnectionFacts;
  /** The subprotocol that the `$connect` function chose. */
  protocol: string | undefined;
}

export interface HandshakeContext {
  api: WebSocketApiDefinition;
  connectRoute: WebSocketRoute | undefined;
  invoke: Invoke;
  log: Log;
}

/**
 * Decides about an upgrade request before responding: the authorizer first, then the `$connect` integration. Any
 * status but 2xx refuses the handshake with this status; a failing function refuses with 502, an integration that
 * takes too long with 504. The connection does not exist until this has resolved.
 *
 * @see
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
 */
export const decideHandshake = async (
  context: HandshakeContext,
  request: IncomingMessage,
  socket: Socket,
): Promise<Admission | Refusal> => {
  const { api, connectRoute, invoke, log } = context;
  const requestId = newGatewayId();
  const facts: ConnectionFacts = {
    connectionId: newGatewayId(),
    connectedAt: Date.now(),
    domainName: request.headers.host ?? `${api.apiId}.execute-api.${api.region}.amazonaws.com`,
    sourceIp: clientAddress(socket),
    userAgent: request.headers['user-agent'],
    authorizer: undefined,
  };
  if (connectRoute === undefined) return { admitted: true, facts, protocol: undefined };
  const ids = { connectionId: facts.connectionId, requestId };
  const handshake = readHandshake(request, socket);
  if (connectRoute.authorizer !== undefined) {
    const decision = await authorize(
      context,
      connectRoute.authorizer,
      connectRoute,
      facts,
      handshake,
      requestId,
    );
    if (!decision.allowed) return { admitted: false, status: decision.status, ids };
    facts.authorizer = decision.context;
  }
  const event = connectEvent(api, facts, handshake, requestId);
  const outcome = await invokeWithin(invoke, connectRoute.functionName, event, connectRoute.timeoutMs);
  const result = outcome.kind === 'result' ? routeResult(outcome.result) : undefined;
  if (result === undefined) {
    log(failureLine('$connect', connectRoute.functionName, outcome));
    return { admitted: false, status: outcome.kind === 'integration-timeout' ? 504 : 502, ids };
  }
  if (result.statusCode > 299) {
    return {
      admitted: false,
      status: result.statusCode,
      ids,
      ...(result.body !== undefined && { body: result.body }),
    };
  }
  return { admitted: true, facts, protocol: subprotocol(result.headers) };
};

/** Whether a request is an opening handshake (RFC 6455, section 4.2.1). */
export const isHandshake = (request: IncomingMessage): boolean => {
  const { upgrade, 'sec-websocket-key': key, 'sec-websocket-version': version } = request.headers;
  return (
    request.method === 'GET' &&
    upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(key ?? '') &&
    version === '13'
  );
};

/** Responds to an upgrade request with a plain HTTP response and closes the connection. */
export const refuseHandshake = (socket: Socket, { status, body, ids }: Omit<Refusal, 'admitted'>): void => {
  const content =
    body ?? JSON.stringify({ message: refusalMessages.get(status) ?? STATUS_CODES[status], ...ids });
  const errorType = errorTypes.get(status);
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `Date: ${new Date().toUTCString()}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(content)}`,
      'Connection: close',
      ...(ids === undefined ? [] : [`x-amz-apigw-id: ${ids.requestId}`]),
      ...(body !== undefined || errorType === undefined ? [] : [`x-amzn-ErrorType: ${errorType}`]),
      '',
      content,
    ].join('\r\n'),
  );
};

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html */
const subprotocol = (headers: Record<string, unknown>): string | undefined => {
  const chosen = Object.entries(headers).find(
    ([name]) => name.toLowerCase() === 'sec-websocket-protocol',
  )?.[1];
  return typeof chosen === 'string' ? chosen : undefined;
};

const refusalMessages = new Map([
  [500, 'Internal server error'],
  [502, 'Internal server error'],
  [504, 'Endpoint request timed out'],
]);

const errorTypes = new Map([
  [401, 'UnauthorizedException'],
  [403, 'ForbiddenException'],
  [429, 'TooManyRequestsException'],
  [500, 'InternalServerErrorException'],
  [502, 'InternalServerErrorException'],
  [504, 'InternalServerErrorException'],
]);
