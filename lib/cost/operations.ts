/** How a stage is used. */
export interface Load {
  readonly users: number;
  /** A day, by each of them. */
  readonly messagesPerUser: number;
  readonly groupSize: number;
}

/**
 * What nobody has measured. Times are what Lambda would bill for a warm function: three trips to stores within a
 * region, and posts side by side; the REPORT lines of a deployed stage say better.
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
  jobMilliseconds: 300,
  /** X-Ray's own sampling, of what goes on above one request a second. */
  tracedShare: 0.05,
  frameBytes: 700,
  /** What posting a frame, or asking Atlas, sends through the NAT gateway, both ways. */
  natBytesPerCall: 2500,
  /** One line of ours, Lambda's own, and metrics where there are any. */
  logBytesPerInvocation: 1400,
  storedBytesPerMessage: 700,
  mysqlIoPerCall: 2,
  mysqlCallsPerAcuSecond: 250,
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
  readonly functions: readonly (keyof Assumptions['milliseconds'])[];
  readonly httpRequests: number;
  /** Frames in either direction. */
  readonly socketMessages: number;
  /** Of those, the ones that a function posts. */
  readonly posts: number;
  readonly mysqlCalls: number;
  readonly mongodbCalls: number;
  readonly reads: number;
  readonly writes: number;
}

type OperationName = 'send' | 'typing' | 'read' | 'open' | 'heartbeat' | 'recheck' | 'logIn';

/**
 * The operations as the services do them; `npm run bench -- routes` counts the same round trips. Finding connections is
 * one consistent BatchGetItem, which costs a read for each member; checking a session is a read. A step of a pace is a
 * write; that somebody was seen is one to MySQL for each function that had not noted it within a minute.
 */
export const operationsOf = (
  { groupSize }: Pick<Load, 'groupSize'>,
  { reachableShare }: { readonly reachableShare: number },
): Record<OperationName, Operation> => {
  const reachable = groupSize * reachableShare;
  const others = (groupSize - 1) * reachableShare;
  return {
    // The frame, its `ack`, and `new_message` to everyone; membership and the stored routine; the rate limit.
    send: {
      functions: ['receive-message'],
      httpRequests: 0,
      socketMessages: 2 + reachable,
      posts: 1 + reachable,
      mysqlCalls: 2,
      mongodbCalls: 1,
      reads: groupSize,
      writes: 1,
    },
    typing: {
      functions: ['receive-typing'],
      httpRequests: 0,
      socketMessages: 1 + others,
      posts: others,
      mysqlCalls: 1,
      mongodbCalls: 0,
      reads: groupSize,
      writes: 2,
    },
    read: {
      functions: ['receive-read'],
      httpRequests: 0,
      socketMessages: 1 + reachable,
      posts: reachable,
      mysqlCalls: 2,
      mongodbCalls: 0,
      reads: groupSize,
      writes: 1,
    },
    // A ticket, a handshake, the list of chats, what was missed; and the end of the connection.
    open: {
      functions: [
        'refresh-session',
        'issue-ticket',
        'authorize-connection',
        'connect',
        'sync',
        'list-chats',
        'disconnect',
      ],
      httpRequests: 4,
      socketMessages: 0,
      posts: 0,
      mysqlCalls: 10,
      mongodbCalls: 2,
      reads: 5,
      writes: 8,
    },
    // A ping, its pong, the pace and the lease.
    heartbeat: {
      functions: ['ping'],
      httpRequests: 0,
      socketMessages: 2,
      posts: 0,
      mysqlCalls: 0,
      mongodbCalls: 0,
      reads: 0,
      writes: 2,
    },
    // Whether an event was lost that nothing followed.
    recheck: {
      functions: ['sync'],
      httpRequests: 1,
      socketMessages: 0,
      posts: 0,
      mysqlCalls: 3,
      mongodbCalls: 0,
      reads: 1,
      writes: 0,
    },
    // The limits count each try, the list of sessions is one query.
    logIn: {
      functions: ['log-in'],
      httpRequests: 1,
      socketMessages: 0,
      posts: 0,
      mysqlCalls: 2,
      mongodbCalls: 0,
      reads: 2,
      writes: 7,
    },
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
