import { paceOf, readsOnly, type HttpRoute } from '../contract/route.ts';
import { noteSeen } from '../users/note-seen.ts';
import { authenticateHeader, beginAuthentication } from './authenticate.ts';
import { withDeadline } from './deadline.ts';
import type { HttpEvent, Middleware } from './http-middleware.ts';
import { httpHandler, type HttpAnswer, type HttpLambda, type HttpRequest } from './http.ts';
import { takePace, takePaceOfMisfit } from './pace.ts';

/** Session checks that are under way while the request is handled. */
const sessionChecks = new WeakMap<HttpEvent, Promise<void>>();

/** Asks who it is ahead of everything that the request says. */
const authenticatedFirst: Middleware = {
  before: async ({ event }) => {
    event.actor = await authenticateHeader(event.headers['authorization']);
  },
};

/**
 * Checks the token first and its session beside the reading: one trip to a store less in a row. Whatever was read,
 * results and errors alike, is thrown away when the session turns out to have ended.
 */
const authenticatedBeside: Middleware = {
  before: async ({ event }) => {
    const { actor, sessionCheck } = await beginAuthentication(event.headers['authorization']);
    event.actor = actor;
    sessionChecks.set(event, sessionCheck);
  },
  after: async ({ event }) => {
    await sessionChecks.get(event);
  },
  onError: async (request) => {
    try {
      await sessionChecks.get(request.event);
    } catch (error) {
      request.error = error as Error;
    }
  },
};

/**
 * Holds users to the route's pace: once it is known who asks, and before the input is read, so that a request that does
 * not fit counts as any other.
 */
const paced = (route: HttpRoute): Middleware => ({
  before: async ({ event }) => {
    if (event.actor !== undefined) await takePace(route, event.actor.userId);
  },
  onError: async (request) => {
    const { actor, input } = request.event;
    if (actor === undefined || input !== undefined) return;
    try {
      await takePaceOfMisfit(route, actor.userId);
    } catch (error) {
      request.error = error as Error;
    }
  },
});

/** Notes that the user was seen, unless the session turns out to have ended. Never throws. */
const noteWhenLive = async (event: HttpEvent, userId: number): Promise<void> => {
  try {
    await sessionChecks.get(event);
    await withDeadline(noteSeen(userId));
  } catch {
    // The check's outcome is the request's own; a note that takes too long ends the wait, and logs by itself.
  }
};

/** Notes that the user was seen, beside the work; the answer waits for it, since Lambda may freeze what is left. */
const seen = (): Middleware => {
  const notes = new WeakMap<HttpEvent, Promise<void>>();
  const settle = async ({ event }: { readonly event: HttpEvent }): Promise<void> => {
    await notes.get(event);
  };
  return {
    before: ({ event }) => {
      if (event.actor !== undefined) notes.set(event, noteWhenLive(event, event.actor.userId));
    },
    after: settle,
    onError: settle,
  };
};

/**
 * The Lambda handler of an HTTP route for users: `httpHandler`, and the check of who asks and how often. Apart from it,
 * so that the bundles of other routes do without what that takes.
 */
export const userHandler = <R extends HttpRoute & { readonly auth: 'user' }>(
  route: R,
  handle: (request: HttpRequest<R>) => Promise<HttpAnswer<R>>,
): HttpLambda =>
  httpHandler(
    route,
    handle,
    // A search waits for its pace, which only a session that is on may use up.
    readsOnly(route) && paceOf(route) === undefined ? authenticatedBeside : authenticatedFirst,
    paced(route),
    seen(),
  );
