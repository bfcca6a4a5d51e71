import { rateLimitOf, readsOnly, type HttpRoute } from '../contract/route.ts';
import { recordLastSeen } from '../users/record-last-seen.ts';
import { authenticateHeader, beginAuthentication } from './authenticate.ts';
import { withStoreDeadline } from './store-deadline.ts';
import type { HttpEvent, Middleware } from './http-middleware.ts';
import { httpHandler, type HttpAnswer, type HttpLambda, type HttpRequest } from './http.ts';
import { takeRateLimitStep, takeRateLimitStepForInvalidInput } from './rate-limit.ts';

/** Authenticates before parsing any input. */
const authentication = ({ sessionUse }: HttpRoute): Middleware => ({
  before: async ({ event }) => {
    event.actor = await authenticateHeader(event.headers['authorization'], sessionUse);
  },
});

/**
 * Verifies the token before parsing any input, and checks the session concurrently with the handler, which saves one
 * sequential round trip to a store. When the session has ended, the handler's result or error is discarded. See
 * decision 9.
 */
const concurrentAuthentication: Middleware = {
  before: async ({ event }) => {
    const { actor, sessionCheck } = await beginAuthentication(event.headers['authorization']);
    event.actor = actor;
    event.pending = { sessionCheck };
  },
  after: async ({ event }) => {
    await event.pending?.sessionCheck;
  },
  onError: async (request) => {
    try {
      await request.event.pending?.sessionCheck;
    } catch (error) {
      request.error = error as Error;
    }
  },
};

/**
 * Enforces the route's rate limit, after authentication and before the input is parsed: invalid requests count like
 * valid ones.
 */
const rateLimiter = (route: HttpRoute): Middleware => ({
  before: async ({ event }) => {
    if (event.actor !== undefined) await takeRateLimitStep(route, event.actor.userId);
  },
  onError: async (request) => {
    const { actor, input } = request.event;
    if (actor === undefined || input !== undefined) return;
    try {
      await takeRateLimitStepForInvalidInput(route, actor.userId);
    } catch (error) {
      request.error = error as Error;
    }
  },
});

/** Records that the user was seen, when their session is live. Never throws. */
const noteWhenLive = async (event: HttpEvent, userId: number): Promise<void> => {
  try {
    await event.pending?.sessionCheck;
    await withStoreDeadline(() => recordLastSeen(userId));
  } catch {
    // When the session check fails, the request itself fails with it. `recordLastSeen` does not throw, but may exceed
    // the deadline.
  }
};

const settleSeen = async ({ event }: { readonly event: HttpEvent }): Promise<void> => {
  await event.pending?.seen;
};

/**
 * Records that the user was seen, concurrently with the handler. The response waits for it: Lambda may freeze pending
 * work.
 */
const lastSeenRecorder: Middleware = {
  before: ({ event }) => {
    if (event.actor === undefined) return;
    event.pending = { ...event.pending, seen: noteWhenLive(event, event.actor.userId) };
  },
  after: settleSeen,
  onError: settleSeen,
};

/**
 * The Lambda handler of an HTTP route for users: `httpHandler` with authentication and rate limit. It has a file of
 * its own, so that the bundles of other routes contain neither.
 */
export const userHandler = <R extends HttpRoute & { readonly auth: 'user' }>(
  route: R,
  handle: (request: HttpRequest<R>) => Promise<HttpAnswer<R>>,
): HttpLambda =>
  httpHandler(
    route,
    handle,
    // A search is read-only, but has a rate limit, which only a live session may use up: it authenticates first.
    readsOnly(route) && rateLimitOf(route) === undefined ? concurrentAuthentication : authentication(route),
    rateLimiter(route),
    lastSeenRecorder,
  );
