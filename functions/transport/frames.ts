import middy from '@middy/core';
import type {
  APIGatewayProxyStructuredResultV2,
  APIGatewayProxyWebsocketEventV2WithRequestContext,
  APIGatewayEventWebsocketRequestContextV2,
  Context,
} from 'aws-lambda';
import * as z from 'zod';
import { Ref, type ErrorFrame } from '../contract/frames.ts';
import { needsOf, type WebSocketRoute } from '../contract/route.ts';
import { IdText, type ErrorBody } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { encodeFrame, liveBroadcast } from '../events/broadcast.ts';
import { epochSeconds, systemClock } from '../platform/clock.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { endConnection } from '../presence/end-connections.ts';
import { keepAlive, type ConnectionIdentity } from '../presence/lease.ts';
import type { Actor } from '../sessions/actor.ts';
import { doAfterwards, type Afterwards } from './afterwards.ts';
import { withStoreDeadline } from './store-deadline.ts';
import { toErrorBody, toIssues } from './error-body.ts';
import { sentenceOfIssue } from './issue-sentences.ts';
import { DuplicateKeyError, parseJson } from './json.ts';
import { eventLogger } from './event-logger.ts';
import { takeRateLimitStep, takeRateLimitStepForInvalidInput } from './rate-limit.ts';
import { refAsSent } from './ref-as-sent.ts';

/** The authorizer's context, which API Gateway sends with every event of the connection. */
const AuthorizerContext = z.object({
  principalId: IdText,
  username: z.string(),
  session_id: z.string(),
  token_expires_at: z.coerce.number(),
  // Absent or 0 when the connection carries all chats: API Gateway's context has no null.
  scope: z.coerce.number().default(0),
});

/** The context that the authorizer returns, with values of the types that API Gateway allows. */
export const toAuthorizerContext = (actor: Actor, scope: number | null) => ({
  username: actor.username,
  session_id: actor.sessionId,
  token_expires_at: actor.tokenExpiresAt,
  scope: scope ?? 0,
});

/** An event of a WebSocket route, with the properties that the middleware adds. */
export type SocketEvent = APIGatewayProxyWebsocketEventV2WithRequestContext<
  APIGatewayEventWebsocketRequestContextV2 & { authorizer?: unknown }
> & { actor?: Actor; identity?: ConnectionIdentity };

type Result = APIGatewayProxyStructuredResultV2;
type Middleware = middy.MiddlewareObj<SocketEvent, Result>;

/** Logs one line per event, with the connection's id; never a frame's content. */
const eventLogged = (route: WebSocketRoute): Middleware =>
  eventLogger('event', ({ requestContext, actor }) => ({
    keys: { request_id: requestContext.requestId, connection_id: requestContext.connectionId },
    fields: { route: route.id, user_id: actor?.userId },
  }));

/** Sets actor and identity from the authorizer's context: no look-up, and nothing that the client could forge. */
const identified = (): Middleware => ({
  before: ({ event }) => {
    const { connectionId, connectedAt, authorizer } = event.requestContext;
    const context = AuthorizerContext.parse(authorizer);
    event.actor = {
      userId: context.principalId,
      username: context.username,
      sessionId: context.session_id,
      tokenExpiresAt: context.token_expires_at,
    };
    event.identity = {
      connectionId,
      connectedAtMs: connectedAt,
      scope: context.scope === 0 ? null : context.scope,
    };
  },
});

type Identified = SocketEvent & { actor: Actor; identity: ConnectionIdentity };

const bare = (route: WebSocketRoute): middy.MiddyfiedHandler<SocketEvent, Result> => {
  checkEnvironment(needsOf(route));
  return middy<SocketEvent, Result>().use(eventLogged(route)).use(identified());
};

/** The error body of a frame or a handshake. Failures of the service are counted as `FailedFrames`. */
const measuredErrorBody = (error: unknown, measure: Metrics): ErrorBody => {
  const body = toErrorBody(error);
  if (body.status_code >= 500) measure({ FailedFrames: 1 });
  return body;
};

/**
 * The Lambda handler of `$connect` or `$disconnect`, which responds with a status: 400 and above refuses the
 * handshake. The response waits for `afterwards`.
 */
export const lifecycleHandler = (
  route: WebSocketRoute,
  handle: (event: Identified) => Promise<{ readonly afterwards?: Afterwards }>,
  measure: Metrics = metrics,
): ((event: SocketEvent, context: Context) => Promise<Result>) =>
  bare(route)
    .use({
      onError: (request) => {
        const { status_code: status } = measuredErrorBody(request.error, measure);
        // A refused handshake is a 401 or a 403.
        request.response = { statusCode: status === 404 ? 403 : status };
      },
    })
    .handler(async (event) => {
      const identified = event as Identified;
      const { afterwards } = await withStoreDeadline(async () => {
        await takeRateLimitStep(route, identified.actor.userId);
        return handle(identified);
      });
      await doAfterwards(route.id, afterwards);
      return { statusCode: 200 };
    });

const References = z.object({
  client_message_id: z.string().optional().catch(undefined),
  ref: Ref.optional().catch(undefined),
});

/** The reference by which a client matches an error to its frame: `client_message_id`, or else `ref`. */
const refOf = (frame: unknown): ErrorFrame['ref'] => {
  const parsed = References.safeParse(frame);
  return parsed.success ? (parsed.data.client_message_id ?? parsed.data.ref ?? null) : null;
};

const parseFrame = (body: string | undefined): unknown => {
  try {
    return parseJson(body ?? '');
  } catch (error) {
    const detail =
      error instanceof DuplicateKeyError
        ? 'An object in the frame names a field twice.'
        : 'The frame is not valid JSON.';
    throw new ServiceError('malformed_json', { detail });
  }
};

const errorFrame = (error: unknown, frame: unknown, measure: Metrics): Omit<ErrorFrame, 'timestamp'> => ({
  type: 'error',
  ...measuredErrorBody(error, measure),
  ref: refOf(frame),
});

type Parsed<S> = S extends z.ZodType ? z.output<S> : unknown;

/** The input of a handler of frames. */
export interface FrameRequest<R extends WebSocketRoute> {
  readonly frame: Parsed<R['frame']>;
  readonly actor: Actor;
  readonly identity: ConnectionIdentity;
}

type Reply<R extends WebSocketRoute> = R['reply'] extends z.ZodType
  ? Omit<z.input<R['reply']>, 'timestamp'>
  : never;

/** The output of a handler of frames. */
export interface FrameResult<Frame> {
  /** The frame that is sent back on the connection. */
  readonly frame?: Frame;
  /** Work that follows from the result. It cannot change the reply, and a posted reply does not wait for it. */
  readonly afterwards?: Afterwards;
}

/**
 * The Lambda handler of a frame's route: rate limit, lease, validation and errors around the route's own work. An
 * error is sent back as an `error` frame; the connection stays open.
 *
 * @throws Error at the function's cold start when its environment lacks what the route needs
 */
export const frameHandler = <R extends WebSocketRoute>(
  route: R,
  handle: (request: FrameRequest<R>) => Promise<FrameResult<Reply<R>>>,
  measure: Metrics = metrics,
): ((event: SocketEvent, context: Context) => Promise<Result>) => {
  /** @throws ServiceError `validation_failed` */
  const validate = async (actor: Actor, frame: unknown): Promise<Parsed<R['frame']>> => {
    const parsed = route.frame?.safeParse(frame, { error: sentenceOfIssue });
    if (parsed?.success !== false) return (parsed === undefined ? frame : parsed.data) as Parsed<R['frame']>;
    await takeRateLimitStepForInvalidInput(route, actor.userId);
    throw new ServiceError('validation_failed', { issues: toIssues(parsed.error) });
  };

  /** @param malformed the error of a text that is not JSON, otherwise undefined */
  const work = async (
    actor: Actor,
    identity: ConnectionIdentity,
    frame: unknown,
    malformed: unknown,
  ): Promise<FrameResult<Reply<R>>> => {
    // Before the frame is validated: invalid frames count too.
    await takeRateLimitStep(route, actor.userId);
    // Any frame, valid or not, proves that the client is alive.
    const renewal = keepAlive(actor, identity);
    try {
      if (malformed !== undefined) {
        await takeRateLimitStepForInvalidInput(route, actor.userId);
        throw malformed;
      }
      return await handle({ frame: await validate(actor, frame), actor, identity });
    } finally {
      await renewal;
    }
  };

  const run = async ({
    actor,
    identity,
    body,
  }: Identified): Promise<FrameResult<{ readonly type: string }>> => {
    let frame: unknown;
    try {
      const isExpired = actor.tokenExpiresAt <= epochSeconds(systemClock());
      let malformed: unknown;
      try {
        frame = parseFrame(body);
      } catch (error) {
        malformed = error;
      }
      if (isExpired) {
        // Posted before the connection is closed: the route's response would arrive after that.
        await endConnection(identity.connectionId, 'token_expired', refOf(frame));
        return {};
      }
      const result = await withStoreDeadline(() => work(actor, identity, frame, malformed));
      // The schema of every reply has a `type`.
      return result as FrameResult<object> as FrameResult<{ readonly type: string }>;
    } catch (error) {
      return { frame: errorFrame(error, frame, measure) };
    }
  };

  return bare(route).handler(async (event) => {
    const { connectionId } = event.requestContext;
    const { frame, afterwards } = await run(event as Identified);
    const data = frame && encodeFrame(refAsSent(frame, event.body), systemClock);
    const posted = data !== undefined && !route.routeResponse ? data : undefined;
    await Promise.all([
      posted === undefined ? undefined : liveBroadcast.gateway.post(connectionId, posted),
      doAfterwards(route.id, afterwards),
    ]);
    return data === undefined || posted !== undefined ? { statusCode: 200 } : { statusCode: 200, body: data };
  });
};
