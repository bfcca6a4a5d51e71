import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { clientAddress } from '../client-address.ts';
import type { HttpApiDefinition } from '../definitions.ts';
import { newTraceId } from '../identifiers.ts';
import { formatRequestTime } from '../request-time.ts';
import type { RouteMatch } from './route-table.ts';

/**
 * Converts a request to the function's event, in payload format 2.0.
 *
 * As in AWS's sample event (https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html), some properties
 * are absent rather than empty (`cookies`, `queryStringParameters`, `pathParameters`, `body`, `stageVariables`), the
 * `cookie` header is missing, and `content-length` is always present, 0 for an empty body. The path is decoded: HTTP APIs decode
 * `rawPath`, whatever its name says (middleapi/standard-server#93).
 */
export const httpEvent = (
  api: HttpApiDefinition,
  request: IncomingMessage,
  { route, pathParameters }: RouteMatch,
  body: Buffer,
  requestId: string,
): APIGatewayProxyEventV2 => {
  const now = Date.now();
  const url = request.url ?? '/';
  const question = url.indexOf('?');
  const rawQueryString = question === -1 ? '' : url.slice(question + 1);
  const path = decodePath(question === -1 ? url : url.slice(0, question));
  const sourceIp = clientAddress(request.socket);
  const { headers, cookies } = eventHeaders(request, body.length, sourceIp, now);
  const domainName = request.headers.host ?? `${api.apiId}.execute-api.${api.region}.amazonaws.com`;
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString,
    headers,
    requestContext: {
      accountId: api.accountId,
      apiId: api.apiId,
      domainName,
      domainPrefix: domainName.split('.', 1)[0] ?? domainName,
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: route.routeKey,
      stage: api.stage,
      time: formatRequestTime(now),
      timeEpoch: now,
    },
    isBase64Encoded: false,
  };
  if (cookies.length > 0) event.cookies = cookies;
  if (rawQueryString !== '') event.queryStringParameters = queryParameters(rawQueryString);
  if (pathParameters !== undefined) event.pathParameters = pathParameters;
  if (body.length > 0) {
    // AWS does not document what happens to a text body that is not UTF-8. As text, its bytes would have to be
    // replaced by other characters; here the function gets the bytes and decides about them.
    event.isBase64Encoded = !isText(headers['content-type']) || !isUtf8(body);
    event.body = body.toString(event.isBase64Encoded ? 'base64' : 'utf8');
  }
  return event;
};

/**
 * Which bodies arrive as text: AWS does not list them. Measured on AWS (ministackorg/ministack#766) it is exactly
 * these: form posts and bodies without a content type arrive base64-encoded.
 */
const isText = (contentType: string | undefined): boolean => {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return mediaType.startsWith('text/') || textTypes.has(mediaType);
};

const textTypes = new Set(['application/json', 'application/xml', 'application/javascript']);

/** Headers as AWS sends them: lower-case names, repeated values joined by commas, hop-by-hop headers removed. */
const eventHeaders = (
  request: IncomingMessage,
  bodyLength: number,
  sourceIp: string,
  now: number,
): { headers: Record<string, string>; cookies: string[] } => {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (name === 'cookie') {
      cookies.push(...value.split(';').map((cookie) => cookie.trim()));
    } else if (!hopByHop.has(name)) {
      // `Object.hasOwn`, because a client may name a header `constructor`.
      const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
      headers[name] = before === undefined ? value : `${before},${value}`;
    }
  }
  headers['content-length'] = String(bodyLength);
  headers['x-amzn-trace-id'] ??= newTraceId(now);
  const forwarded = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = forwarded === undefined ? sourceIp : `${forwarded}, ${sourceIp}`;
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  return { headers, cookies: cookies.filter((cookie) => cookie !== '') };
};

const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const queryParameters = (rawQueryString: string): Record<string, string> => {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
};

const decodePath = (path: string): string => (path.includes('%') ? decodeURIComponent(path) : path);
