import { readsOnly, type HttpRoute } from '../routes/route.ts';
import { authenticateHeader, beginAuthentication } from './authenticate.ts';
import { httpHandler, type HttpAnswer, type HttpLambda, type HttpRequest } from './http.ts';
import type { HttpEvent, Middleware } from './http-middleware.ts';

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
const authenticatedBeside = (): Middleware => {
  const checks = new WeakMap<HttpEvent, Promise<void>>();
  return {
    before: async ({ event }) => {
      const { actor, sessionCheck } = await beginAuthentication(event.headers['authorization']);
      event.actor = actor;
      checks.set(event, sessionCheck);
    },
    after: async ({ event }) => {
      await checks.get(event);
    },
    onError: async (request) => {
      try {
        await checks.get(request.event);
      } catch (error) {
        request.error = error as Error;
      }
    },
  };
};

/**
 * The Lambda handler of an HTTP route for users: `httpHandler`, and the check of who asks. Apart from it, so that the
 * bundles of other routes do without what that takes.
 */
export const userHandler = <R extends HttpRoute & { readonly auth: 'user' }>(
  route: R,
  handle: (request: HttpRequest<R>) => Promise<HttpAnswer<R>>,
): HttpLambda => httpHandler(route, handle, readsOnly(route) ? authenticatedBeside() : authenticatedFirst);
