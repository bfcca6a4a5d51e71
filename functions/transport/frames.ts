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
import { IdText } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { encodeFrame, liveBroadcast } from '../events/broadcast.ts';
import { epochSeconds, systemClock } from '../platform/clock.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { endConnection } from '../presence/end-connections.ts';
import { keepAlive, type ConnectionIdentity } from '../presence/lease.ts';
import type { Actor } from '../sessions/actor.ts';
import { doAfterwards, type Afterwards } from './afterwards.ts';
import { withDeadline } from './deadline.ts';
import { toErrorBody, toIssues } from './error-body.ts';
import { DuplicateKeyError, parseJson } from './json.ts';
import { logged } from './logged.ts';
import { takePace, takePaceOfMisfit } from './pace.ts';
import { refAsSent } from './ref-as-sent.ts';

/** What the authorizer found out when the connection was opened; API Gateway sends it with every event. */
const AuthorizerContext = z.object({
  principalId: IdText,
  username: z.string(),
  session_id: z.string(),
  token_expires_at: z.coerce.number(),
  // Absent, or 0, when the connection carries all chats: API Gateway knows no null here.
  scope: z.coerce.number().default(0),
});

/** The context that the authorizer gives, in the form that API Gateway keeps. */
export const toAuthorizerContext = (actor: Actor, scope: number | null) => ({
  username: actor.username,
  session_id: actor.sessionId,
  token_expires_at: actor.tokenExpiresAt,
  scope: scope ?? 0,
});

/** An event of a WebSocket route, with what the middleware found out about it. */
export type SocketEvent = APIGatewayProxyWebsocketEventV2WithRequestContext<
  APIGatewayEventWebsocketRequestContextV2 & { authorizer?: unknown }
> & { actor?: Actor; identity?: ConnectionIdentity };

type Result = APIGatewayProxyStructuredResultV2;
type Middleware = middy.MiddlewareObj<SocketEvent, Result>;

/** One line an event, with the connection's id; never a frame's content. */
const eventLogged = (route: WebSocketRoute): Middleware =>
  logged('event', ({ requestContext, actor }) => ({
    keys: { request_id: requestContext.requestId, connection_id: requestContext.connectionId },
    fields: { route: route.id, user_id: actor?.userId },
  }));

/** Reads who sends from the authorizer's context: no look-up, and nothing that the client could claim. */
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

/** The handler of `$connect` or `$disconnect`, whose answer is a status: from 400 up refuses the handshake. */
export const lifecycleHandler = (
  route: WebSocketRoute,
  handle: (event: Identified) => Promise<void>,
): ((event: SocketEvent, context: Context) => Promise<Result>) =>
  bare(route)
    .use({
      onError: (request) => {
        const { status_code: status } = toErrorBody(request.error);
        // A handshake is refused with 401 or 403; 404 would be neither.
        request.response = { statusCode: status === 404 ? 403 : status };
      },
    })
    .handler(async (event) => {
      const identified = event as Identified;
      await withDeadline(takePace(route, identified.actor.userId).then(() => handle(identified)));
      return { statusCode: 200 };
    });

const References = z.object({
  client_message_id: z.string().optional().catch(undefined),
  ref: Ref.optional().catch(undefined),
});

/** What an error answers: the frame's `client_message_id`, or its own `ref`. */
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

const errorFrame = (error: unknown, frame: unknown): Omit<ErrorFrame, 'timestamp'> => ({
  type: 'error',
  ...toErrorBody(error),
  ref: refOf(frame),
});

type Parsed<S> = S extends z.ZodType ? z.output<S> : unknown;

/** What a handler of frames gets. */
export interface FrameRequest<R extends WebSocketRoute> {
  readonly frame: Parsed<R['frame']>;
  readonly actor: Actor;
  readonly identity: ConnectionIdentity;
}

type Reply<R extends WebSocketRoute> = R['reply'] extends z.ZodType
  ? Omit<z.input<R['reply']>, 'timestamp'>
  : never;

/** What a handler of frames makes of one. */
export interface FrameResult<Frame> {
  /** Goes back on the connection. */
  readonly frame?: Frame;
  /** What is still to do now that the result stands: it cannot change the answer, and the answer does not wait for it. */
  readonly afterwards?: Afterwards;
}

/**
 * The Lambda handler of a frame's route: everything that all of them share, around what this one does. What it
 * throws goes back as an `error` frame; the connection stays open.
 */
export const frameHandler = <R extends WebSocketRoute>(
  route: R,
  handle: (request: FrameRequest<R>) => Promise<FrameResult<Reply<R>>>,
): ((event: SocketEvent, context: Context) => Promise<Result>) => {
  /** @throws ServiceError `validation_failed` */
  const validate = async (actor: Actor, frame: unknown): Promise<Parsed<R['frame']>> => {
    const parsed = route.frame?.safeParse(frame);
    if (parsed?.success !== false) return (parsed === undefined ? frame : parsed.data) as Parsed<R['frame']>;
    await takePaceOfMisfit(route, actor.userId);
    throw new ServiceError('validation_failed', { issues: toIssues(parsed.error) });
  };

  /** @param malformed why the text is no frame */
  const work = async (
    actor: Actor,
    identity: ConnectionIdentity,
    frame: unknown,
    malformed: unknown,
  ): Promise<FrameResult<Reply<R>>> => {
    // Ahead of saying what is wrong with a frame: a flood of nonsense is a flood.
    await takePace(route, actor.userId);
    // Whatever the frame says, it comes from somebody who is there.
    const renewal = keepAlive(actor, identity);
    try {
      if (malformed !== undefined) {
        await takePaceOfMisfit(route, actor.userId);
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
        // Posted, and not answered by the route's response: that would come after the end.
        await endConnection(identity.connectionId, 'token_expired', refOf(frame));
        return {};
      }
      const result = await withDeadline(work(actor, identity, frame, malformed));
      // A reply is a frame, whose schema names its type.
      return result as FrameResult<object> as FrameResult<{ readonly type: string }>;
    } catch (error) {
      return { frame: errorFrame(error, frame) };
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
