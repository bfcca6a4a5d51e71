import type { HttpRoute } from '../routes/route.ts';
import { authenticateHeader } from './authenticate.ts';
import { httpHandler, type HttpAnswer, type HttpLambda, type HttpRequest } from './http.ts';
import type { Middleware } from './http-middleware.ts';

const authenticated: Middleware = {
  before: async ({ event }) => {
    event.actor = await authenticateHeader(event.headers['authorization']);
  },
};

/**
 * The Lambda handler of an HTTP route for users: `httpHandler`, and the check of who asks ahead of everything
 * that the request says. Apart from it, so that the bundles of other routes do without what that takes.
 */
export const userHandler = <R extends HttpRoute & { readonly auth: 'user' }>(
  route: R,
  handle: (request: HttpRequest<R>) => Promise<HttpAnswer<R>>,
): HttpLambda => httpHandler(route, handle, authenticated);
