import {
  addParticipants,
  createChat,
  getChat,
  leaveGroup,
  listChats,
  listOnline,
  listParticipants,
  markRead,
  removeParticipant,
  updateChat,
  updateParticipant,
} from './chats.ts';
import {
  connect,
  disconnect,
  joinChat,
  leaveChat,
  ping,
  receiveMessage,
  receiveRead,
  receiveTyping,
  rejectFrame,
} from './frames.ts';
import {
  authorizeConnection,
  createSigningKey,
  finishDepartures,
  migrate,
  purgeDeleted,
  reapConnections,
  indexTexts,
  reapOrphans,
  rotateSigningKeys,
  unknownRoute,
} from './internal.ts';
import {
  deleteMessage,
  editMessage,
  getMessage,
  listMessages,
  restoreMessage,
  searchMessages,
  sendMessage,
  sync,
} from './messages.ts';
import { getStats, issueTicket } from './real-time.ts';
import type { AuthorizerRoute, HttpRoute, JobRoute, Route, WebSocketRoute } from './route.ts';
import { getAsyncApi, getDocs, getHealth, getInfo, getOpenApi, getRoot } from './system.ts';
import {
  changePassword,
  deleteAccount,
  getOwnProfile,
  getProfile,
  logIn,
  logOut,
  refreshSession,
  registerUser,
  searchUsers,
  updateOwnProfile,
} from './users.ts';

/** The HTTP API, in the order in which its document shows it. */
export const httpRoutes: readonly HttpRoute[] = [
  registerUser,
  logIn,
  refreshSession,
  logOut,
  getOwnProfile,
  updateOwnProfile,
  deleteAccount,
  changePassword,
  searchUsers,
  getProfile,
  createChat,
  listChats,
  getChat,
  updateChat,
  leaveGroup,
  listParticipants,
  addParticipants,
  removeParticipant,
  updateParticipant,
  markRead,
  sendMessage,
  listMessages,
  searchMessages,
  getMessage,
  editMessage,
  deleteMessage,
  restoreMessage,
  sync,
  issueTicket,
  listOnline,
  getStats,
  getRoot,
  getHealth,
  getInfo,
  getOpenApi,
  getAsyncApi,
  getDocs,
];

/** Answers what no route of `httpRoutes` answers. */
export const fallbackRoute: HttpRoute = unknownRoute;

export const webSocketRoutes: readonly WebSocketRoute[] = [
  connect,
  disconnect,
  rejectFrame,
  receiveMessage,
  receiveTyping,
  joinChat,
  leaveChat,
  receiveRead,
  ping,
];

export const connectionAuthorizer: AuthorizerRoute = authorizeConnection;

export const jobRoutes: readonly JobRoute[] = [
  migrate,
  createSigningKey,
  reapConnections,
  reapOrphans,
  purgeDeleted,
  finishDepartures,
  indexTexts,
  rotateSigningKeys,
];

/** The jobs that a deployment runs, ahead of all code that serves; the others run by the clock. */
export const deploymentJobs: readonly JobRoute[] = jobRoutes.filter(({ schedule }) => schedule === undefined);

/** Every function of the application. */
export const allRoutes: readonly Route[] = [
  ...httpRoutes,
  fallbackRoute,
  ...webSocketRoutes,
  connectionAuthorizer,
  ...jobRoutes,
];

const folders = { http: 'http', websocket: 'ws', authorizer: 'ws', job: 'jobs' } as const;

/** The handler file of a route, relative to `functions/`. */
export const handlerFile = (route: Route): string => `${folders[route.transport]}/${route.id}.ts`;

/** API Gateway's route keys of an HTTP route; a collection answers with and without a slash at its end. */
export const routeKeysOf = (route: HttpRoute): string[] =>
  route === fallbackRoute
    ? ['$default']
    : [
        `${route.method} ${route.path}`,
        ...(route.collection === true ? [`${route.method} ${route.path}/`] : []),
      ];
