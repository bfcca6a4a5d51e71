import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Invoke, Log, WebSocketApiDefinition } from './definitions.ts';
import { newGatewayId } from './identifiers.ts';
import { failureLine, invokeWithin } from './invocation.ts';
import { answerRequests, type ServerInProcess } from '../requests-in-process.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { listen } from '../listening.ts';
import { tokenBucket } from './token-bucket.ts';
import { closeReason } from './websocket/close-reason.ts';
import { Connection } from './websocket/connection.ts';
import type { ConnectionListener } from './websocket/connection.ts';
import { directPosts } from './websocket/direct-posts.ts';
import { disconnectEvent, messageEvent } from './websocket/events.ts';
import type { ConnectionFacts } from './websocket/events.ts';
import { decideHandshake, isHandshake, refuseHandshake } from './websocket/handshake.ts';
import { defaultLimits } from './websocket/limits.ts';
import type { WebSocketLimits } from './websocket/limits.ts';
import { connectionManagement } from './websocket/management.ts';
import type { PostFaults } from './websocket/management.ts';
import { routeResult } from './websocket/result.ts';
import { routeSelection } from './websocket/route-selection.ts';

export interface WebSocketApiOptions {
  api: WebSocketApiDefinition;
  host: string;
  /** 0 lets the system choose. */
  port: number;
  invoke: Invoke;
  log: Log;
  limits?: Partial<WebSocketLimits>;
  /**
   * Whether the owner of an access key (from the request's signature) may call `@connections`; undefined for an
   * unknown key.
   */
  mayManage: (accessKeyId: string) => boolean | undefined;
  faults?: PostFaults;
}

export interface WebSocketApi {
  port: number;
  /** `ws://<host>:<port>/<stage>`; `@connections` has the same URL with `http:`. */
  url: string;
  connectionCount(): number;
  /** How functions on this machine reach `@connections` without a socket. */
  readonly inProcess: ServerInProcess;
  /**
   * Refuses new connections, closes the others with 1001, and waits for invocations in flight and for every
   * `$disconnect`, at most `limits.stopMs`. `@connections` works until the end: those functions may need it.
   */
  stop(): Promise<void>;
}

/** How long an idle HTTP connection is kept open, in milliseconds. */
const IDLE_MS = 75_000;

/**
 * Serves a WebSocket API like API Gateway: authorizer and `$connect` before the upgrade is accepted, routes by the
 * message's body, route responses, limits, `$disconnect`, and the `@connections` API on the same port. Rejects with
 * an error whose `code` is `EADDRINUSE` when the port is taken.
 */
export const startWebSocketApi = async (options: WebSocketApiOptions): Promise<WebSocketApi> => {
  const { api, host, port, invoke, log, mayManage, faults } = options;
  const limits: WebSocketLimits = { ...defaultLimits, ...options.limits };
  const routes = new Map(api.routes.map((route) => [route.routeKey, route]));
  const selectRoute = routeSelection(api.routeSelectionExpression, api.routes);
  const handshakeContext = { api, connectRoute: routes.get('$connect'), invoke, log };
  const mayPass = tokenBucket(api.throttling);
  const connections = new Map<string, Connection>();
  const protocols = new WeakMap<IncomingMessage, string>();
  const accepted = new Set<Socket>();
  /** Open connections, handshakes and invocations: what `stop` waits for. */
  const underWay = new Set<Promise<void>>();
  let stopping = false;

  const management = {
    stage: api.stage,
    mayManage,
    mayPass: tokenBucket({
      rateLimit: limits.managementRateLimit,
      burstLimit: limits.managementBurstLimit,
    }),
    limits,
    connections,
  };
  const manage = connectionManagement({ ...management, faults });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // The frame guard is stricter; this limit bounds how much `ws` buffers of a message that the guard has refused.
    maxPayload: limits.messageBytes,
    handleProtocols: (_offered, request) => protocols.get(request) ?? false,
  });

  const track = (work: Promise<void>): void => {
    const tracked = work
      .catch((error: unknown) => log(`websocket gateway: ${String(error)}`))
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  const connect = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    if (request.url?.split('?', 1)[0] !== `/${api.stage}`) return refuseHandshake(socket, { status: 403 });
    if (!isHandshake(request)) return refuseHandshake(socket, { status: 400 });
    if (stopping) return refuseHandshake(socket, { status: 503 });
    if (!mayPass()) return refuseHandshake(socket, { status: 429 });
    const decision = await decideHandshake(handshakeContext, request, socket);
    if (!decision.admitted) return refuseHandshake(socket, decision);

    const { facts, protocol } = decision;
    if (protocol !== undefined) protocols.set(request, protocol);
    let established = false;
    if (!stopping) {
      sockets.handleUpgrade(request, socket, head, (ws) => {
        established = true;
        establish(facts, ws, socket);
      });
    } else {
      refuseHandshake(socket, { status: 503 });
    }
    // The client disconnected while $connect ran: $disconnect must undo what $connect set up.
    if (!established) await disconnect(facts, 1006, closeReason(1006));
  };

  const establish = (facts: ConnectionFacts, ws: WebSocket, socket: Socket): void => {
    connections.set(facts.connectionId, new Connection(facts, ws, socket, limits, connectionListener, log));
    track(new Promise((resolve) => ws.once('close', () => resolve())));
  };

  const connectionListener: ConnectionListener = {
    onMessage(connection, body) {
      track(receive(connection, body));
    },
    onClose(connection, code, reason) {
      connections.delete(connection.facts.connectionId);
      track(disconnect(connection.facts, code, reason));
    },
  };

  /** Invokes the route of a message without waiting for earlier messages, like API Gateway. */
  const receive = async (connection: Connection, body: string): Promise<void> => {
    const { facts } = connection;
    const requestId = newGatewayId();
    const complain = (message: string): void => {
      // AWS sends exactly these bytes, including the uneven spaces.
      const { connectionId } = facts;
      connection.send(
        `{"message": "${message}", "connectionId":"${connectionId}", "requestId":"${requestId}"}`,
      );
    };
    if (!mayPass()) return complain('Too Many Requests');
    const route = selectRoute(body);
    if (route === undefined) return complain('Forbidden');

    const event = messageEvent(api, facts, route.routeKey, { messageId: newGatewayId(), requestId }, body);
    const outcome = await invokeWithin(invoke, route.functionName, event, route.timeoutMs);
    const result = outcome.kind === 'result' ? routeResult(outcome.result) : undefined;
    if (result === undefined) {
      log(failureLine(route.routeKey, route.functionName, outcome));
      const timedOut = outcome.kind === 'integration-timeout';
      return complain(timedOut ? 'Endpoint request timed out' : 'Internal server error');
    }
    // AWS documents that a body is sent, but not what a missing body does: here nothing is sent. One report
    // (serverless/serverless#6816) saw an empty frame instead, so clients should ignore empty frames.
    if (route.routeResponse && result.body !== undefined) connection.send(result.body);
  };

  const disconnect = async (facts: ConnectionFacts, code: number, reason: string): Promise<void> => {
    const route = routes.get('$disconnect');
    if (route === undefined) return;
    const event = disconnectEvent(api, facts, newGatewayId(), { code, reason });
    const outcome = await invokeWithin(invoke, route.functionName, event, route.timeoutMs);
    if (outcome.kind !== 'result') log(failureLine('$disconnect', route.functionName, outcome));
  };

  const server = createServer((request, response) => {
    manage(request, response).catch((error: unknown) => {
      log(`@connections: ${String(error)}`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = IDLE_MS;
  server.headersTimeout = IDLE_MS + 5000;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    track(connect(request, socket, head));
  });
  server.on('connection', (socket) => {
    accepted.add(socket);
    socket.once('close', () => accepted.delete(socket));
  });
  const boundPort = await listen(server, port, host);

  const settle = async (): Promise<void> => {
    // Work that ends may start further work: closing a connection invokes its $disconnect.
    while (underWay.size > 0) await Promise.all(underWay);
  };

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping = true;
    for (const connection of connections.values()) connection.close(1001);
    if (!(await waitAtMost(settle(), limits.stopMs))) {
      log(`websocket gateway: stopped with ${underWay.size} things under way`);
    }
    sockets.close();
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };

  return {
    port: boundPort,
    url: `ws://${host}:${boundPort}/${api.stage}`,
    connectionCount: () => connections.size,
    inProcess: {
      host,
      port: boundPort,
      accepts: '/@connections/',
      // Faults are simulated by the HTTP server alone.
      connect: (messages) =>
        answerRequests(messages, faults === undefined ? directPosts(management) : () => undefined),
    },
    stop: () => (stopped ??= stop()),
  };
};
