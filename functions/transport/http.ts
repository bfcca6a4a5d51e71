import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type * as z from 'zod';
import { needsOf, type HttpRoute } from '../contract/route.ts';
import { baseEnvironment, checkEnvironment } from '../platform/environment.ts';
import type { Actor } from '../sessions/actor.ts';
import { doAfterwards, type Afterwards } from './afterwards.ts';
import { withStoreDeadline } from './store-deadline.ts';
import { oversizeCompressor } from './oversize-compressor.ts';
import {
  errorHandler,
  originGuard,
  outputValidator,
  requestLogger,
  responseHeaders,
  inputValidator,
  type HttpEvent,
  type Middleware,
} from './http-middleware.ts';

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** The input of a handler: parsed by the route's schemas, with the authenticated user. */
export interface HttpRequest<R extends HttpRoute> {
  readonly params: Parsed<R['params']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
  readonly actor: R['auth'] extends 'user' ? Actor : undefined;
  /** The client's IP address. */
  readonly sourceIp: string;
  /** The `User-Agent` header as it was sent, or ''. */
  readonly userAgent: string;
  readonly rawPath: string;
}

type Answers<Responses extends HttpRoute['responses']> = {
  [Status in keyof Responses & number]: {
    readonly status: Status;
    readonly body: Responses[Status]['body'] extends z.ZodType ? z.input<Responses[Status]['body']> : null;
    readonly headers?: Readonly<Record<string, string>>;
    readonly afterwards?: Afterwards;
  };
}[keyof Responses & number];

/** One of the responses in the route's definition. */
export type HttpAnswer<R extends HttpRoute> = Answers<R['responses']>;

/**
 * Creates a handler's response.
 *
 * @param body null means an empty response
 * @param more.afterwards work that follows from the result and cannot change the response
 */
export const answer = <const Status extends number, Body>(
  status: Status,
  body: Body,
  more: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly afterwards?: Afterwards;
  } = {},
) => ({ status, body, ...more });

/** The Lambda function of an HTTP route. */
export type HttpLambda = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The Lambda handler of an HTTP route: logging, headers, validation and errors around the route's own work. Routes
 * for users use `userHandler`, which adds authentication.
 *
 * @param before middleware that runs before the input is parsed
 * @throws Error at the function's cold start when its environment lacks what the route needs
 */
export const httpHandler = <R extends HttpRoute>(
  route: R,
  handle: (request: HttpRequest<R>) => Promise<HttpAnswer<R>>,
  ...before: readonly Middleware[]
): HttpLambda => {
  checkEnvironment(needsOf(route));
  const deadlineMs = route.answersWithin === undefined ? undefined : route.answersWithin * 1000;

  const respond = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    // The middleware has parsed the input by the same schemas from which this type is derived.
    const request = {
      ...event.input,
      actor: event.actor,
      sourceIp: event.sourceIp,
      userAgent: event.headers['user-agent'] ?? '',
      rawPath: event.rawPath,
    } as unknown as HttpRequest<R>;
    const { status, body, headers, afterwards } = (await withStoreDeadline(
      () => handle(request),
      deadlineMs,
    )) as {
      status: number;
      body: unknown;
      headers?: Readonly<Record<string, string>>;
      afterwards?: Afterwards;
    };
    // Runs before the response: Lambda may freeze a function that has responded.
    await doAfterwards(route.id, afterwards);
    if (body === null) return { statusCode: status, headers: { ...headers } };
    const type = route.responses[status]?.type;
    return {
      statusCode: status,
      headers: { 'content-type': `${type ?? 'application/json'}; charset=utf-8`, ...headers },
      body: typeof body === 'string' && type !== undefined ? body : JSON.stringify(body),
    };
  };

  const stack = middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    // Comes before logging: requests that it refuses are in API Gateway's access log.
    .use(originGuard(baseEnvironment().EDGE_SECRETS))
    .use(requestLogger(route))
    .use(responseHeaders())
    .use(errorHandler())
    .use(oversizeCompressor())
    .use([...before, inputValidator(route)]);
  if (baseEnvironment().VALIDATE_OUTPUT === 'on') stack.use(outputValidator(route));
  return stack.handler(respond);
};
