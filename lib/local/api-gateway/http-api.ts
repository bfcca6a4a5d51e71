import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpApiDefinition, HttpRoute, Invoke, Log } from './definitions.ts';
import { cors } from './http/cors.ts';
import { httpEvent } from './http/event.ts';
import { gatewayMessage, httpResponse } from './http/result.ts';
import type { HttpResponse } from './http/result.ts';
import { routeTable } from './http/route-table.ts';
import type { RouteMatch } from './http/route-table.ts';
import { newGatewayId } from './identifiers.ts';
import { failureLine, invokeWithin } from './invocation.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { closeNow, listen } from '../listening.ts';
import { readBody } from './request-body.ts';
import { tokenBucket } from './token-bucket.ts';

export interface HttpApiOptions {
  api: HttpApiDefinition;
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Allows pages of further origins to call the API. */
  allowsOrigin?: (origin: string) => boolean;
  invoke: Invoke;
  log: Log;
}

export interface HttpApi {
  port: number;
  /** `http://<host>:<port>` without a trailing slash. */
  url: string;
  /** Replaces the routes, from the next request on. */
  deploy(routes: readonly HttpRoute[]): void;
  /** Stops accepting requests, waits up to `drainMs` (5,000) for those in flight, then closes every connection. */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Serves an HTTP API like API Gateway: routes, payload format 2.0 both ways, CORS, throttling and limits. Rejects
 * with an error whose `code` is `EADDRINUSE` when the port is taken.
 */
export const startHttpApi = async ({
  api,
  host,
  port,
  allowsOrigin,
  invoke,
  log,
}: HttpApiOptions): Promise<HttpApi> => {
  let findRoute = routeTable(api.routes);
  const crossOrigin = api.cors === undefined ? undefined : cors(api.cors, allowsOrigin);
  const mayPass = tokenBucket(api.throttling);
  const stagePrefix = api.stage === '$default' ? '' : `/${api.stage}`;
  const underWay = new Set<Promise<void>>();
  let stopping = false;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = newGatewayId();
    let result: HttpResponse | undefined;
    if (crossOrigin?.isPreflight(request.method, request.headers) === true) {
      result = refuse(request) ?? {
        statusCode: 204,
        headers: crossOrigin.preflightHeaders(request.headers),
        body: '',
      };
    } else {
      result = refuse(request) ?? (await answer(request, requestId));
      if (result !== undefined) crossOrigin?.apply(result.headers, request.headers.origin);
    }
    if (result === undefined || response.destroyed) return;
    try {
      write(request, response, result, requestId);
    } catch (error) {
      // The function returned a header that HTTP does not allow.
      log(`${request.method} ${request.url}: ${String(error)}`);
      write(request, response, gatewayMessage(500, 'Internal Server Error'), requestId);
    }
  };

  const refuse = (request: IncomingMessage): HttpResponse | undefined => {
    if (headBytes(request) > maxHeadBytes) return gatewayMessage(431, 'Request Header Fields Too Large');
    return mayPass() ? undefined : gatewayMessage(429, 'Too Many Requests');
  };

  /** The response to a request, or `undefined` when the client has disconnected. */
  const answer = async (request: IncomingMessage, requestId: string): Promise<HttpResponse | undefined> => {
    const match = selectRoute(request);
    if (match === 'malformed-path') return gatewayMessage(400, 'Bad Request');
    if (match === undefined) return gatewayMessage(404, 'Not Found');

    const body = await readBody(request, maxBodyBytes);
    if (body === 'aborted') return undefined;
    if (body === 'too-large') return gatewayMessage(413, 'Request Entity Too Large');
    const event = httpEvent(api, request, match, body, requestId);
    // Measuring the event costs time, so only a body that may exceed Lambda's payload limit is measured.
    if (body.length > maxEventBytes / 4 && Buffer.byteLength(JSON.stringify(event)) > maxEventBytes) {
      return gatewayMessage(413, 'Request Entity Too Large');
    }
    return invokeRoute(match, event);
  };

  const invokeRoute = async ({ route }: RouteMatch, event: unknown): Promise<HttpResponse> => {
    const outcome = await invokeWithin(invoke, route.functionName, event, route.timeoutMs);
    const response = outcome.kind === 'result' ? httpResponse(outcome.result) : undefined;
    if (response !== undefined) return response;
    log(failureLine(route.routeKey, route.functionName, outcome));
    const unavailable =
      outcome.kind === 'integration-timeout' ||
      (outcome.kind === 'function-error' && unavailableErrors.has(outcome.errorType));
    return unavailable
      ? gatewayMessage(503, 'Service Unavailable')
      : gatewayMessage(500, 'Internal Server Error');
  };

  const selectRoute = (request: IncomingMessage): ReturnType<typeof findRoute> => {
    const url = request.url ?? '/';
    const path = url.split('?', 1)[0] ?? '/';
    const belongs = path.startsWith(stagePrefix) && (path[stagePrefix.length] ?? '/') === '/';
    if (!belongs || !url.startsWith('/')) return undefined;
    return findRoute(request.method ?? 'GET', path.slice(stagePrefix.length) || '/');
  };

  const write = (
    request: IncomingMessage,
    response: ServerResponse,
    { statusCode, headers, body }: HttpResponse,
    requestId: string,
  ): void => {
    headers['apigw-requestid'] = requestId;
    if (stopping) headers['connection'] = 'close';
    const bodiless = statusCode === 204 || statusCode === 304;
    if (!bodiless) headers['content-length'] = String(Buffer.byteLength(body));
    response.writeHead(statusCode, headers);
    response.end(bodiless || request.method === 'HEAD' ? undefined : body);
  };

  const server = createServer({ maxHeaderSize: 32 * 1024 }, (request, response) => {
    const handling = handle(request, response)
      .catch((error: unknown) => {
        log(`${request.method} ${request.url}: ${String(error)}`);
        response.destroy();
      })
      .finally(() => underWay.delete(handling));
    underWay.add(handling);
  });
  // API Gateway keeps an idle connection open for a little over a minute.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 80_000;
  const boundPort = await listen(server, port, host);

  let stopped: Promise<void> | undefined;
  const stop = async (drainMs: number): Promise<void> => {
    stopping = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await waitAtMost(
      Promise.allSettled(underWay).then(() => closed),
      drainMs,
    );
    await closeNow(server);
  };

  return {
    port: boundPort,
    url: `http://${host}:${boundPort}`,
    deploy: (routes) => {
      findRoute = routeTable(routes);
    },
    stop: (drainMs = 5000) => (stopped ??= stop(drainMs)),
  };
};

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const maxBodyBytes = 10 * 1024 * 1024;
const maxHeadBytes = 10_240;
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxEventBytes = 6 * 1024 * 1024;

const unavailableErrors = new Set(['Sandbox.Timedout', 'TooManyRequestsException']);

/** The bytes that count against the limit: the request line and the header values. */
const headBytes = (request: IncomingMessage): number => {
  const raw = request.rawHeaders;
  let bytes = (request.method ?? '').length + (request.url ?? '').length + '  HTTP/1.1'.length;
  for (let index = 1; index < raw.length; index += 2) bytes += (raw[index] ?? '').length;
  return bytes;
};
