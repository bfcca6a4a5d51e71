import type { WebSocketRoute } from '../definitions.ts';

/** Chooses the route of a message by its body; `undefined` when nothing matches and there is no `$default`. */
export type SelectRoute = (body: string) => WebSocketRoute | undefined;

/**
 * Route selection by `$request.body.<path>`: a message that is not JSON, or matches no route, goes to `$default`.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export const routeSelection = (expression: string, routes: readonly WebSocketRoute[]): SelectRoute => {
  const path = /^\$\{?request\.body\.([\w.-]+)\}?$/.exec(expression)?.[1]?.split('.');
  if (path === undefined) throw new TypeError(`not a route selection expression: ${expression}`);
  const byKey = new Map(routes.map((route) => [route.routeKey, route]));
  const fallback = byKey.get('$default');
  return (body) => {
    const key = valueAt(body, path);
    // Clients cannot invoke $connect or $disconnect by naming them in a message.
    if (key === undefined || key.startsWith('$')) return fallback;
    return byKey.get(key) ?? fallback;
  };
};

const valueAt = (body: string, path: readonly string[]): string | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return typeof value === 'string' ? value : undefined;
};
