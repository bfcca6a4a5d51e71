import { feature as blocks } from '../blocks/contract.ts';
import { feature as chats } from '../chats/contract.ts';
import { feature as email } from '../email/contract.ts';
import { feature as files } from '../files/contract.ts';
import { feature as invites } from '../invites/contract.ts';
import { feature as mentions } from '../mentions/contract.ts';
import { feature as messages } from '../messages/contract.ts';
import { feature as migrations } from '../migrations/contract.ts';
import { feature as moderation } from '../moderation/contract.ts';
import { feature as notifications } from '../notifications/contract.ts';
import { feature as pins } from '../pins/contract.ts';
import { feature as presence } from '../presence/contract.ts';
import { feature as reactions } from '../reactions/contract.ts';
import { feature as reading } from '../reading/contract.ts';
import { feature as search } from '../search/contract.ts';
import { feature as secondFactor } from '../second-factor/contract.ts';
import { feature as sessions } from '../sessions/contract.ts';
import { feature as sync } from '../sync/contract.ts';
import { feature as system, unknownRoute } from '../system/contract.ts';
import { feature as users } from '../users/contract.ts';
import type { Feature } from './feature.ts';
import type {
  AuthorizerRoute,
  ConsumerRoute,
  HttpRoute,
  InternalRoute,
  JobRoute,
  Route,
  WebSocketRoute,
} from './route.ts';

const table = [
  users,
  email,
  secondFactor,
  blocks,
  sessions,
  chats,
  invites,
  reading,
  messages,
  reactions,
  mentions,
  pins,
  files,
  notifications,
  search,
  sync,
  presence,
  moderation,
  system,
  migrations,
] as const satisfies readonly Feature[];

/**
 * The table of features: every function of the application belongs to one of them. The documents list them in this
 * order.
 */
const features: readonly Feature[] = table;

/**
 * A WebSocket route of the table with its literal types, from which the client library derives the types of its
 * frames.
 */
export type ListedWebSocketRoute = Extract<
  (typeof table)[number],
  { readonly webSocket: readonly WebSocketRoute[] }
>['webSocket'][number];

/** The HTTP API. */
export const httpRoutes: readonly HttpRoute[] = features.flatMap(({ http = [] }) => http);

/** Handles requests that match no route of `httpRoutes`. */
export const fallbackRoute: HttpRoute = unknownRoute;

export const webSocketRoutes: readonly WebSocketRoute[] = features.flatMap(({ webSocket = [] }) => webSocket);

const authorizers = features.flatMap(({ authorizer = [] }) => authorizer);
const [authorizer] = authorizers;
if (authorizer === undefined || authorizers.length > 1)
  throw new Error('One authorizer guards all connections');

export const connectionAuthorizer: AuthorizerRoute = authorizer;

export const jobRoutes: readonly JobRoute[] = features.flatMap(({ jobs = [] }) => jobs);

/** The jobs that a deployment runs before the code that serves is updated. The other jobs run on a schedule. */
export const deploymentJobs: readonly JobRoute[] = jobRoutes.filter(({ schedule }) => schedule === undefined);

export const internalRoutes: readonly InternalRoute[] = features.flatMap(({ internal = [] }) => internal);

export const consumerRoutes: readonly ConsumerRoute[] = features.flatMap(({ consumers = [] }) => consumers);

/** Every function of the application. */
export const allRoutes: readonly Route[] = [
  ...httpRoutes,
  fallbackRoute,
  ...webSocketRoutes,
  connectionAuthorizer,
  ...jobRoutes,
  ...internalRoutes,
  ...consumerRoutes,
];

const featureOf = new Map<Route, string>(
  features.flatMap(
    ({ name, http = [], webSocket = [], authorizer: own = [], jobs = [], internal = [], consumers = [] }) =>
      [...http, ...webSocket, own, ...jobs, ...internal, ...consumers]
        .flat()
        .map((route) => [route, name] as const),
  ),
);

/** The handler file of a route, relative to `functions/`. */
export const handlerFile = (route: Route): string =>
  `${featureOf.get(route) ?? system.name}/handlers/${route.id}.ts`;

/** Matches the paths of a route's requests. */
export const addressPattern = ({ path, collection }: HttpRoute): RegExp =>
  new RegExp(
    `^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}${collection === true ? '/?' : ''}$`,
  );

/** Whether the route's path has no parameters. */
export const hasOneAddress = ({ path }: HttpRoute): boolean => !path.includes('{');

/**
 * Route keys of existing paths with methods that they do not support. API Gateway would otherwise match them to
 * another route's pattern: `GET /users/login` to `GET /users/{user_id}`.
 */
const shadowedRouteKeys = (): string[] => {
  const answered = new Set(httpRoutes.map(({ method, path }) => `${method} ${path}`));
  const addresses = httpRoutes.filter(hasOneAddress).map(({ path }) => path);
  const keys = httpRoutes
    .filter((route) => !hasOneAddress(route))
    .flatMap((route) =>
      addresses
        .filter((address) => addressPattern(route).test(address))
        .map((address) => `${route.method} ${address}`),
    );
  return [...new Set(keys)].filter((key) => !answered.has(key));
};

/** API Gateway's route keys of an HTTP route; a collection has one with and one without a trailing slash. */
export const routeKeysOf = (route: HttpRoute): string[] =>
  route === fallbackRoute
    ? ['$default', ...shadowedRouteKeys()]
    : [
        `${route.method} ${route.path}`,
        ...(route.collection === true ? [`${route.method} ${route.path}/`] : []),
      ];
