import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import { countOf, type Countable } from './counts.ts';

/** How a stage is used. */
export interface Load {
  readonly users: number;
  /** A day, by each of them. */
  readonly messagesPerUser: number;
  readonly groupSize: number;
}

/**
 * Assumptions: what nobody has measured, and what no run on one machine can show (how people behave, what Lambda bills,
 * the bytes on the way). Times are what Lambda would bill for a warm function: three trips to stores within a region,
 * and posts side by side; the REPORT lines of a deployed stage say better. What a run asks of stores and connections is
 * counted, not assumed: see `counts.ts`.
 */
export const assumptions = {
  daysPerMonth: 30,
  onlineHoursPerDay: 8,
  /** Of a group's members, while somebody writes: each has one connection. */
  reachableShare: 0.5,
  /** Every half hour online with a new access token, and some more where the network breaks. */
  opensPerDay: 18,
  loginsPerDay: 0.1,
  /** For each message, somebody begins to type. */
  typingPerMessage: 1,
  /** For each delivery; clients mark several messages at once. */
  readMarksPerDelivery: 0.3,
  /** Of the connections, those of browsers: proxies on their way end one that is silent for a minute. */
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
  /** Confirmations of addresses and forgotten passwords, of each user in a month. */
  mailsPerMonth: 0.1,
  jobMilliseconds: 300,
  /** X-Ray's own sampling, of what goes on above one request a second. */
  tracedShare: 0.05,
  frameBytes: 700,
  /** What posting a frame, or asking Atlas, sends through the NAT gateway, both ways. */
  natBytesPerCall: 2500,
  /** One line of ours, Lambda's own, and metrics where there are any; API Gateway's line is counted from its format. */
  logBytesPerInvocation: 1400,
  storedBytesPerMessage: 700,
  mysqlIoPerCall: 2,
  mysqlCallsPerAcuSecond: 250,
  /** What an Aurora takes that is awake and could pause, and for how long jobs ask it before it is idle. */
  awakeAcus: 0.5,
  awakeMinutesOfJobs: 2,
  monthsOfData: 12,
} as const;

export type Assumptions = typeof assumptions;

/** How many pings a second an open connection sends, browsers and others together. */
export const pingsPerSecond = ({
  browserShare,
  heartbeatSeconds,
  browserHeartbeatSeconds,
}: Pick<Assumptions, 'browserShare' | 'heartbeatSeconds' | 'browserHeartbeatSeconds'>): number =>
  browserShare / browserHeartbeatSeconds + (1 - browserShare) / heartbeatSeconds;

/** What one event takes, of everything that is paid by its number. */
export interface Operation {
  /** The functions that run, by their routes' ids. */
  readonly functions: readonly FunctionId[];
  readonly httpRequests: number;
  /** Handshakes, frames of clients, and ends of connections: what the access log of the WebSocket API has a line for. */
  readonly socketEvents: number;
  /** Frames in either direction. */
  readonly socketMessages: number;
  /** Of those, the ones that a function posts. */
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

/** The functions that run, by their keys in `operationCounts`, one after the other. */
const functionsOf = {
  send: ['receive-message'],
  typing: ['receive-typing'],
  read: ['receive-read'],
  // A new access token, a ticket, a handshake, what was missed, the list of chats; and the end of the connection.
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
  // Whether an event was lost that nothing followed.
  recheck: ['sync, nothing new'],
  logIn: ['log-in'],
} as const satisfies Record<OperationName, readonly (FunctionId | `${FunctionId}, ${string}`)[]>;

/** Frames that API Gateway carries for a run of a function, those that the function posts apart. */
const framesOf = (id: FunctionId): number => {
  const route = webSocketRoutes.find((one) => one.id === id);
  if (route === undefined || route.routeKey === '$connect' || route.routeKey === '$disconnect') return 0;
  return route.routeResponse ? 2 : 1;
};

const isSocketEvent = (id: FunctionId): boolean => webSocketRoutes.some((route) => route.id === id);

const isHttp = (id: FunctionId): boolean => httpRoutes.some((route) => route.id === id);

/**
 * What each operation takes, by the counts of `operations.json`. They are counted where all members are connected: of
 * posts, only those to connections that can be reached are made.
 */
export const operationsOf = (
  { groupSize }: Pick<Load, 'groupSize'>,
  { reachableShare }: { readonly reachableShare: number },
): Record<OperationName, Operation> => {
  const operationOf = (name: OperationName): Operation => {
    const keys: readonly string[] = functionsOf[name];
    // A key begins with its function's id.
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

/** How often each happens in a month. */
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
