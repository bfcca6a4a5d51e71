import type { HttpRoute } from '../definitions.ts';

/** A route that matches a request, with the URL-decoded values of its path variables. */
export interface RouteMatch {
  route: HttpRoute;
  pathParameters: Record<string, string> | undefined;
}

export type FindRoute = (method: string, path: string) => RouteMatch | 'malformed-path' | undefined;

/**
 * Route selection like HTTP APIs: a full match first, then path variables, then greedy ones, then `$default`; among
 * routes with the same path, the request's method before `ANY`. A trailing slash counts. A path whose routes do not
 * support the method falls through to the next less specific one.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export const routeTable = (routes: readonly HttpRoute[]): FindRoute => {
  const root = newNode();
  let fallback: HttpRoute | undefined;
  for (const route of routes) {
    if (route.routeKey === '$default') fallback = route;
    else insert(root, route);
  }
  return (method, path) => {
    const segments = decodeSegments(path);
    if (segments === undefined) return 'malformed-path';
    const values: string[] = [];
    const found = find(root, segments, 0, method, values);
    if (found === undefined) {
      return fallback === undefined ? undefined : { route: fallback, pathParameters: undefined };
    }
    return { route: found.route, pathParameters: nameValues(found.variables, values) };
  };
};

interface Endpoint {
  route: HttpRoute;
  /** The names of the path variables, in the order of the path. */
  variables: string[];
}

interface Node {
  literals: Map<string, Node>;
  variable: Node | undefined;
  endpoints: Map<string, Endpoint>;
  greedy: Map<string, Endpoint>;
}

const newNode = (): Node => ({
  literals: new Map(),
  variable: undefined,
  endpoints: new Map(),
  greedy: new Map(),
});

const insert = (root: Node, route: HttpRoute): void => {
  const parts = /^([A-Z]+) (\/.*)$/.exec(route.routeKey);
  if (parts?.[1] === undefined || parts[2] === undefined) {
    throw new TypeError(`not a route key of an HTTP API: ${route.routeKey}`);
  }
  const [, method, path] = parts;
  const variables: string[] = [];
  let node = root;
  for (const segment of path.slice(1).split('/')) {
    const variable = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (variable?.[1] === undefined) {
      node = childOf(node.literals, segment);
      continue;
    }
    variables.push(variable[1]);
    if (variable[2] === '+') {
      node.greedy.set(method, { route, variables });
      return;
    }
    node = node.variable ??= newNode();
  }
  node.endpoints.set(method, { route, variables });
};

const childOf = (children: Map<string, Node>, segment: string): Node => {
  const known = children.get(segment);
  if (known !== undefined) return known;
  const made = newNode();
  children.set(segment, made);
  return made;
};

/** Looks for the most specific route below `node`; `values` collects the values of path variables. */
const find = (
  node: Node,
  segments: readonly string[],
  index: number,
  method: string,
  values: string[],
): Endpoint | undefined => {
  const segment = segments[index];
  if (segment === undefined) return node.endpoints.get(method) ?? node.endpoints.get('ANY');

  const literal = node.literals.get(segment);
  const byLiteral = literal && find(literal, segments, index + 1, method, values);
  if (byLiteral !== undefined) return byLiteral;
  // A path variable is never empty: `/chats/` does not match `/chats/{chat_id}`.
  if (segment === '') return undefined;

  if (node.variable !== undefined) {
    values.push(segment);
    const byVariable = find(node.variable, segments, index + 1, method, values);
    if (byVariable !== undefined) return byVariable;
    values.pop();
  }
  const greedy = node.greedy.get(method) ?? node.greedy.get('ANY');
  if (greedy !== undefined) values.push(segments.slice(index).join('/'));
  return greedy;
};

const nameValues = (
  names: readonly string[],
  values: readonly string[],
): Record<string, string> | undefined => {
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
};

const decodeSegments = (path: string): string[] | undefined => {
  const segments = path.slice(1).split('/');
  if (!path.includes('%')) return segments;
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
};
