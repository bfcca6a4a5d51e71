import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import { countOf, type Countable } from './counts.ts';

/** The use of a stage. */
export interface Load {
  readonly users: number;
  /** Messages per user and day. */
  readonly messagesPerUser: number;
  readonly groupSize: number;
}

/**
 * Assumptions, where nothing was measured or where one machine cannot show it: the behaviour of users, Lambda's billed
 * times, the bytes on the network. The times are those of a warm function with three round trips to stores within a
 * region, and with parallel posts; the REPORT lines of a deployed stage are more exact. The requests to stores and
 * connections are counted instead: see `counts.ts`.
 */
export const assumptions = {
  daysPerMonth: 30,
  onlineHoursPerDay: 8,
  /** The share of a group's members who are connected while a message is sent; each has one connection. */
  reachableShare: 0.5,
  /** One every half hour online with a new access token, and some more after network failures. */
  opensPerDay: 18,
  loginsPerDay: 0.1,
  /** Typing frames per message. */
  typingPerMessage: 1,
  /** Read marks per delivery; clients mark several messages at once. */
  readMarksPerDelivery: 0.3,
  /**
   * The share of browsers among the connections: these ping more often, since proxies close connections that are silent
   * for a minute.
   */
  browserShare: 0.5,
  heartbeatSeconds: 240,
  browserHeartbeatSeconds: 45,
  recheckMinutes: 12,
  milliseconds: {
    'receive-message': 60,
    'receive-typing': 30,
    'receive-read': 35,
    ping: 15,
    'issue-ticket': 20,
    'authorize-connection': 20,
    connect: 20,
    disconnect: 30,
    'refresh-session': 25,
    sync: 40,
    'list-chats': 40,
    'log-in': 300,
  },
  /** Mails per user and month, to verify addresses and to reset passwords. */
  mailsPerMonth: 0.1,
  jobMilliseconds: 300,
  /** X-Ray's default sampling rate for requests beyond the first one per second. */
  tracedShare: 0.05,
  frameBytes: 700,
  /** The bytes of a post or of a request to Atlas through the NAT gateway, in both directions. */
  natBytesPerCall: 2500,
  /**
   * One line of the service, Lambda's own lines, and metrics where there are any. API Gateway's line is computed from its
   * format.
   */
  logBytesPerInvocation: 1400,
  storedBytesPerMessage: 700,
  mysqlIoPerCall: 2,
  mysqlCallsPerAcuSecond: 250,
  /** The capacity of an awake Aurora that may pause, and the minutes for which jobs use it after waking it. */
  awakeAcus: 0.5,
  awakeMinutesOfJobs: 2,
  monthsOfData: 12,
} as const;

export type Assumptions = typeof assumptions;

/** The average number of pings per second of an open connection, over browsers and other clients. */
export const pingsPerSecond = ({
  browserShare,
  heartbeatSeconds,
  browserHeartbeatSeconds,
}: Pick<Assumptions, 'browserShare' | 'heartbeatSeconds' | 'browserHeartbeatSeconds'>): number =>
  browserShare / browserHeartbeatSeconds + (1 - browserShare) / heartbeatSeconds;

/** The billed quantities of one event. */
export interface Operation {
  /** The functions that run, by route id. */
  readonly functions: readonly FunctionId[];
  readonly httpRequests: number;
  /** Handshakes, client frames and disconnections: the events that have a line in the WebSocket API's access log. */
  readonly socketEvents: number;
  /** Frames in either direction. */
  readonly socketMessages: number;
  /** The frames among them that a function posts. */
  readonly posts: number;
  readonly mysqlCalls: number;
  readonly mysqlCommits: number;
  readonly mongodbCalls: number;
  /** Capacity units of DynamoDB. */
  readonly reads: number;
  readonly writes: number;
}

export type FunctionId = keyof Assumptions['milliseconds'];
export type OperationName = 'send' | 'typing' | 'read' | 'open' | 'heartbeat' | 'recheck' | 'logIn';

/** The functions that run for each operation, one after another, as keys of `operationCounts`. */
const functionsOf = {
  send: ['receive-message'],
  typing: ['receive-typing'],
  read: ['receive-read'],
  // A new access token, a ticket, a handshake, the missed changes and the list of chats; finally the end of the
  // connection.
  open: [
    'refresh-session',
    'issue-ticket',
    'authorize-connection',
    'connect',
    'sync',
    'list-chats',
    'disconnect',
  ],
  heartbeat: ['ping'],
  // Checks whether the last event was lost: a gap shows only when another event follows.
  recheck: ['sync, nothing new'],
  logIn: ['log-in'],
} as const satisfies Record<OperationName, readonly (FunctionId | `${FunctionId}, ${string}`)[]>;

/** The frames that API Gateway bills for one invocation, except those that the function posts. */
const framesOf = (id: FunctionId): number => {
  const route = webSocketRoutes.find((one) => one.id === id);
  if (route === undefined || route.routeKey === '$connect' || route.routeKey === '$disconnect') return 0;
  return route.routeResponse ? 2 : 1;
};

const isSocketEvent = (id: FunctionId): boolean => webSocketRoutes.some((route) => route.id === id);

const isHttp = (id: FunctionId): boolean => httpRoutes.some((route) => route.id === id);

/**
 * The quantities of each operation by the counts of `operations.json`. All members were connected when they were
 * counted; here, posts go to reachable connections only.
 */
export const operationsOf = (
  { groupSize }: Pick<Load, 'groupSize'>,
  { reachableShare }: { readonly reachableShare: number },
): Record<OperationName, Operation> => {
  const operationOf = (name: OperationName): Operation => {
    const keys: readonly string[] = functionsOf[name];
    // A key begins with the id of its function.
    const functions = keys.map((key) => key.replace(/,.*/, '') as FunctionId);
    const sum = (what: Countable, members = groupSize): number =>
      keys.reduce((total, key) => total + countOf(key, what, members), 0);
    const posts = sum('posts', groupSize * reachableShare);
    return {
      functions,
      httpRequests: functions.filter(isHttp).length,
      socketEvents: functions.filter(isSocketEvent).length,
      socketMessages: functions.reduce((total, id) => total + framesOf(id), 0) + posts,
      posts,
      mysqlCalls: sum('mysql'),
      mysqlCommits: sum('commits'),
      mongodbCalls: sum('mongodb'),
      reads: sum('reads'),
      writes: sum('writes'),
    };
  };
  return {
    send: operationOf('send'),
    typing: operationOf('typing'),
    read: operationOf('read'),
    open: operationOf('open'),
    heartbeat: operationOf('heartbeat'),
    recheck: operationOf('recheck'),
    logIn: operationOf('logIn'),
  };
};

/** The number of operations per month. */
export const timesOf = (load: Load, using: Assumptions): Record<OperationName, number> => {
  const userDays = load.users * using.daysPerMonth;
  const send = userDays * load.messagesPerUser;
  return {
    send,
    typing: send * using.typingPerMessage,
    read: send * load.groupSize * using.reachableShare * using.readMarksPerDelivery,
    open: userDays * using.opensPerDay,
    heartbeat: userDays * using.onlineHoursPerDay * 3600 * pingsPerSecond(using),
    recheck: (userDays * using.onlineHoursPerDay * 60) / using.recheckMinutes,
    logIn: userDays * using.loginsPerDay,
  };
};
