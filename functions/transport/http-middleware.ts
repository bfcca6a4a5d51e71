import type middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { limits } from '../contract/limits.ts';
import { needsBody, type HttpRoute } from '../contract/route.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { originOf } from './edge.ts';
import { toErrorBody, toIssues } from './error-body.ts';
import { sentenceOfIssue } from './issue-sentences.ts';
import { DuplicateKeyError, parseJson } from './json.ts';
import { eventLogger } from './event-logger.ts';

/** The event of a request, with the properties that the middleware adds. */
export type HttpEvent = APIGatewayProxyEventV2 & {
  actor?: Actor;
  sourceIp?: string;
  input?: { readonly params: unknown; readonly query: unknown; readonly body: unknown };
  /** Work for the user that runs concurrently with the handler: see `userHandler`. */
  pending?: { readonly sessionCheck?: Promise<void>; readonly seen?: Promise<void> };
};

export type Middleware = middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2>;
type Step = middy.MiddlewareFn<HttpEvent, APIGatewayProxyStructuredResultV2>;

/** Logs one line per request: route, status, duration. Neither body nor query is logged. */
export const requestLogger = (route: HttpRoute): Middleware =>
  eventLogger('request', ({ requestContext, actor }) => ({
    keys: { request_id: requestContext.requestId },
    fields: { route: route.id, method: requestContext.http.method, user_id: actor?.userId },
  }));

/** Adds the headers that every response has. */
export const responseHeaders = (): Middleware => {
  const add: Step = ({ event, response }) => {
    if (response == null) return;
    response.headers = {
      'x-request-id': event.requestContext.requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      ...response.headers,
    };
  };
  return { after: add, onError: add };
};

/**
 * Sets the client's address, and refuses requests that bypass CloudFront. Runs first, since a refusal must cost
 * nothing.
 */
export const originGuard = (secrets: readonly string[] | undefined): Middleware => ({
  before: ({ event }) => {
    const origin = originOf(event, secrets);
    if (origin.refused) return origin.answer;
    event.sourceIp = origin.address;
    return undefined;
  },
});

/** Codes for an access token that is present but invalid. */
const OF_TOKENS: ReadonlySet<string> = new Set(['invalid_token', 'token_expired', 'session_revoked']);

/**
 * The `WWW-Authenticate` header of a 401 (RFC 6750, section 3), with parameters only when there is an error: parsers
 * may rely on them.
 */
const challengeFor = (code: string): string =>
  `Bearer realm="chat-service"${OF_TOKENS.has(code) ? ', error="invalid_token"' : ''}`;

/** Turns errors into responses as the contract defines them. */
export const errorHandler = (): Middleware => ({
  onError: (request) => {
    const body = toErrorBody(request.error);
    request.response = {
      statusCode: body.status_code,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(body.status_code === 401 ? { 'www-authenticate': challengeFor(body.code) } : {}),
        ...(body.retry_after === undefined ? {} : { 'retry-after': String(body.retry_after) }),
      },
      body: JSON.stringify(body),
    };
  },
});

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** JSON is UTF-8 (RFC 8259, section 8.1): a body in another `charset` would be misread. */
const isJsonInUtf8 = (contentType: string): boolean => {
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType)) return false;
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType)?.[1];
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset);
};

/**
 * Whether API Gateway has replaced bytes that are not UTF-8 by U+FFFD. It decodes text bodies before the function sees
 * them, and AWS does not document how it treats such bytes. A replacement most often changes the length of the body; a
 * body in which the client itself sent U+FFFD has the right length.
 */
const wasRepaired = ({ body = '', isBase64Encoded, headers }: HttpEvent, bytes: Buffer): boolean =>
  !isBase64Encoded &&
  body.includes('\ufffd') &&
  headers['content-length'] !== undefined &&
  Number(headers['content-length']) !== bytes.length;

const readBody = (event: HttpEvent, mayBeAbsent: boolean): unknown => {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length === 0) {
    if (mayBeAbsent) return {};
    throw new ServiceError('malformed_json', { detail: 'The body is missing: send JSON.' });
  }
  if (bytes.length > limits.request_body_bytes) throw new ServiceError('body_too_large');
  if (!isJsonInUtf8(event.headers['content-type'] ?? 'application/json')) {
    throw new ServiceError('unsupported_media_type');
  }
  if (wasRepaired(event, bytes)) throw new ServiceError('malformed_json');
  try {
    return parseJson(utf8.decode(bytes));
  } catch (error) {
    throw new ServiceError(
      'malformed_json',
      error instanceof DuplicateKeyError ? { detail: 'An object in the body names a field twice.' } : {},
    );
  }
};

const isPercentEncodedUtf8 = (text: string): boolean => {
  try {
    decodeURIComponent(text.replaceAll('+', ' '));
    return true;
  } catch {
    return false;
  }
};

/**
 * The names of query parameters that are not UTF-8 in percent-encoding: API Gateway replaces what it cannot decode by
 * U+FFFD.
 */
const misencodedParameters = (rawQuery: string): Set<string> => {
  const names = new Set<string>();
  for (const pair of rawQuery.split('&')) {
    if (isPercentEncodedUtf8(pair)) continue;
    for (const [name] of new URLSearchParams(pair)) names.add(name);
  }
  return names;
};

/** Parses path parameters, query and body by the route's schemas. */
export const inputValidator = (route: HttpRoute): Middleware => {
  const mayBeAbsent = !needsBody(route);
  const before: Middleware['before'] = ({ event }) => {
    const issues: ReturnType<typeof toIssues> = [];
    const parse = (schema: z.ZodType | undefined, read: () => unknown): unknown => {
      if (schema === undefined) return undefined;
      const result = schema.safeParse(read(), { error: sentenceOfIssue });
      if (result.success) return result.data;
      issues.push(...toIssues(result.error));
      return undefined;
    };
    const input = {
      params: parse(route.params, () => event.pathParameters ?? {}),
      query: parse(route.query, () => event.queryStringParameters ?? {}),
      body: parse(route.body, () => readBody(event, mayBeAbsent)),
    };
    if (route.query instanceof z.ZodObject) {
      for (const name of misencodedParameters(event.rawQueryString)) {
        if (Object.hasOwn(route.query.shape, name))
          issues.push({ path: name, message: 'Must be UTF-8, percent-encoded' });
      }
    }
    if (issues.length > 0) throw new ServiceError('validation_failed', { issues });
    event.input = input;
  };
  return { before };
};

/** Fails responses that do not match the route's schemas: a defect of the service, which tests reveal. */
export const outputValidator = (route: HttpRoute): Middleware => ({
  after: ({ response }) => {
    const status = response?.statusCode ?? 0;
    const promised = route.responses[status];
    if (promised === undefined) throw new Error(`${route.id} must not answer ${status}`);
    const text = response?.body ?? 'null';
    const body: unknown = promised.type === undefined ? JSON.parse(text) : text;
    if (promised.body === null ? body !== null : !promised.body.safeParse(body).success) {
      throw new Error(`${route.id} answers ${status} with a body that does not fit its schema`);
    }
  },
});
