import type { IncomingMessage, ServerResponse } from 'node:http';
import { accessKeyOf } from '../../iam/role-policies.ts';
import { isGatewayId, newGatewayId } from '../identifiers.ts';
import { readBody } from '../request-body.ts';
import type { Connection } from './connection.ts';
import type { WebSocketLimits } from './limits.ts';

export interface ManagementOptions {
  stage: string;
  /** Whether the owner of this access key may manage connections; undefined for an unknown key. */
  mayManage: (accessKeyId: string) => boolean | undefined;
  /** Takes a step of the account's rate limit for `@connections`; false when it is exceeded. */
  mayPass: () => boolean;
  limits: WebSocketLimits;
  connections: ReadonlyMap<string, Connection>;
  faults: PostFaults | undefined;
}

/** Lets a test break the delivery of posts. The caller gets a 200 whatever happens to its frame. */
export interface PostFaults {
  /**
   * Called for every post that would be delivered. A promise that never resolves simulates a call that never settles.
   */
  beforePost?(connectionId: string): Promise<'deliver' | 'drop' | 'duplicate'>;
}

/**
 * The `@connections` API: `POST`, `GET` and `DELETE /<stage>/@connections/{id}`. Errors carry `x-amzn-ErrorType`,
 * without which no SDK recognises a GoneException.
 *
 * Only the access key id of the signature is checked, not the signature itself. That finds a caller without
 * credentials or with those of a real account, which are the mistakes that happen on one machine.
 *
 * @see
 *   https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export const connectionManagement = (
  options: ManagementOptions,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const { stage, mayManage, mayPass, limits, connections, faults } = options;

  const manage = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readTarget(request.url ?? '/');
    if (target?.stage !== stage) return fail(response, 403, 'ForbiddenException', 'Forbidden');
    if (target.connectionId === undefined) return fail(response, 426, undefined, 'Upgrade Required');
    const credential = accessKeyOf(request.headers.authorization);
    if (credential === undefined) {
      return fail(response, 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    const allowed = mayManage(credential);
    if (allowed === undefined) {
      const message = 'The security token included in the request is invalid.';
      return fail(response, 403, 'UnrecognizedClientException', message);
    }
    if (!allowed) {
      const message = 'User is not authorized to perform: execute-api:ManageConnections';
      return fail(response, 403, 'AccessDeniedException', message);
    }
    if (!mayPass()) return fail(response, 429, 'LimitExceededException', 'Too Many Requests');
    if (!isGatewayId(target.connectionId)) {
      return fail(response, 400, 'BadRequestException', `Invalid connectionId: ${target.connectionId}`);
    }
    switch (request.method) {
      case 'POST':
        return post(target.connectionId, request, response);
      case 'GET':
        return get(target.connectionId, response);
      case 'DELETE':
        return remove(target.connectionId, response);
      default:
        return fail(response, 403, 'ForbiddenException', 'Forbidden');
    }
  };

  const post = async (
    connectionId: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = await readBody(request, limits.messageBytes);
    if (body === 'aborted') return;
    if (body === 'too-large') return fail(response, 413, 'PayloadTooLargeException', 'Message too long');
    if (!isOpen(connectionId)) return gone(response);
    const fate = (await faults?.beforePost?.(connectionId)) ?? 'deliver';
    // Looked up again after every await: the connection may have closed meanwhile.
    const connection = connections.get(connectionId);
    if (connection?.isOpen !== true) return gone(response);
    if (fate !== 'drop') {
      const outcome = connection.send(body);
      if (outcome === 'closed') return gone(response);
      // The API reference calls this "The WebSocket client side buffer is full".
      if (outcome === 'full') return fail(response, 429, 'LimitExceededException', 'Client buffer is full');
      if (fate === 'duplicate') connection.send(body);
    }
    succeed(response, 200, '');
  };

  const get = (connectionId: string, response: ServerResponse): void => {
    const connection = connections.get(connectionId);
    if (connection?.isOpen !== true) return gone(response);
    const { connectedAt, sourceIp, userAgent } = connection.facts;
    const info = {
      connectedAt: new Date(connectedAt).toISOString(),
      identity: { sourceIp, userAgent: userAgent ?? null },
      lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
    };
    succeed(response, 200, JSON.stringify(info));
  };

  /** The client sees 1000, and `$disconnect` gets `Connection Closed Normally`, as on AWS (aws/chalice#2060). */
  const remove = (connectionId: string, response: ServerResponse): void => {
    const connection = connections.get(connectionId);
    if (connection?.isOpen !== true) return gone(response);
    connection.close(1000);
    succeed(response, 204, '');
  };

  const isOpen = (connectionId: string): boolean => connections.get(connectionId)?.isOpen === true;

  return manage;
};

/** Parses `/<stage>/@connections/<id>`, each part URL-encoded or not; `connectionId` is missing for any other path. */
const readTarget = (url: string): { stage: string; connectionId: string | undefined } | undefined => {
  const path = url.split('?', 1)[0] ?? '/';
  try {
    const [, stage = '', marker, connectionId] = path.split('/').map(decodeURIComponent);
    return { stage, connectionId: marker === '@connections' ? (connectionId ?? '') : undefined };
  } catch {
    return undefined;
  }
};

const gone = (response: ServerResponse): void => {
  fail(response, 410, 'GoneException', 'Gone');
};

const fail = (
  response: ServerResponse,
  status: number,
  errorType: string | undefined,
  message: string,
): void => {
  if (errorType !== undefined) response.setHeader('x-amzn-ErrorType', errorType);
  succeed(response, status, JSON.stringify({ message }));
};

const succeed = (response: ServerResponse, status: number, body: string): void => {
  response.setHeader('x-amzn-RequestId', newGatewayId());
  if (body !== '') response.setHeader('content-type', 'application/json');
  if (status !== 204) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status);
  response.end(body === '' ? undefined : body);
};
