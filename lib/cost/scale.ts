import { pingsPerSecond, type Assumptions } from './operations.ts';
import type { Quotas } from './quotas-2026-11.ts';

/** A moment of a stage that is much used. */
export interface Scale {
  readonly connections: number;
  readonly messagesPerSecond: number;
  /** Connections that a message reaches. */
  readonly reached: number;
}

/** What somebody asks of one resource. */
export interface Demand {
  readonly what: string;
  /** In the letters of decision 10. */
  readonly formula: string;
  readonly value: number;
  readonly quota?: number;
}

/** How long a connection lives: a client opens the next one 45 s before its access token of 30 minutes runs out. */
export const CONNECTION_SECONDS = 30 * 60 - 45;
/** mysql2's pool in a function. */
const MYSQL_CONNECTIONS = 2;

/** What happens how often a second: messages, typing, read marks, handshakes, syncs, pings, and whom they reach. */
type Letter = 'm × g' | 't × g' | 'r × g' | 'm' | 't' | 'r' | 'h' | 's' | 'p';

const ratesOf = ({ connections: C, messagesPerSecond: m, reached: g }: Scale, using: Assumptions) => {
  const t = m * using.typingPerMessage;
  const r = m * g * using.readMarksPerDelivery;
  const h = C / CONNECTION_SECONDS;
  return {
    'm × g': m * g,
    't × g': t * g,
    'r × g': r * g,
    m,
    t,
    r,
    h,
    s: h + C / (using.recheckMinutes * 60),
    p: C * pingsPerSecond(using),
  } satisfies Record<Letter, number>;
};

/** What a load asks of everything that has a limit, of the operations that `npm run cost` counts too. */
export const demandsOf = (scale: Scale, using: Assumptions, quotas: Quotas): Demand[] => {
  const rates = ratesOf(scale, using);
  /** @param weights how much of it one of each takes */
  const demand = (what: string, weights: Partial<Record<Letter, number>>, quota?: number): Demand => {
    const terms = Object.entries(weights) as [Letter, number][];
    return {
      what,
      formula: terms
        .map(([letter, weight]) => (weight === 1 ? letter : `${Number(weight.toFixed(3))} ${letter}`))
        .join(' + '),
      value: terms.reduce((sum, [letter, weight]) => sum + weight * rates[letter], 0),
      ...(quota === undefined ? {} : { quota }),
    };
  };
  /** A second of work in each second keeps one function busy. */
  const seconds = (...functions: readonly (keyof Assumptions['milliseconds'])[]): number =>
    functions.reduce((sum, id) => sum + using.milliseconds[id], 0) / 1000;
  const inMysql = {
    m: seconds('receive-message'),
    t: seconds('receive-typing'),
    r: seconds('receive-read'),
    h: seconds('refresh-session', 'connect', 'disconnect', 'list-chats', 'issue-ticket'),
    s: seconds('sync'),
  };
  return [
    demand('handshakes a second', { h: 1 }, quotas.newConnectionsPerSecond),
    demand('frames in a second', { m: 1, t: 1, r: 1, p: 1 }),
    demand(
      'API Gateway requests a second',
      { 'm × g': 1, 't × g': 1, 'r × g': 1, m: 2, r: 1, h: 4, s: 1, p: 2 },
      quotas.apiGatewayRequestsPerSecond,
    ),
    demand(
      'functions at work',
      {
        ...inMysql,
        h: inMysql.h + seconds('authorize-connection'),
        p: seconds('ping'),
      },
      quotas.lambdaConcurrency,
    ),
    demand(
      'MySQL connections',
      {
        m: MYSQL_CONNECTIONS * inMysql.m,
        t: MYSQL_CONNECTIONS * inMysql.t,
        r: MYSQL_CONNECTIONS * inMysql.r,
        h: MYSQL_CONNECTIONS * inMysql.h,
        s: MYSQL_CONNECTIONS * inMysql.s,
      },
      quotas.mysqlConnections,
    ),
    demand('MySQL commits a second', { m: 1, r: 1, h: 3, s: 1 }, quotas.mysqlCommitsPerSecond),
    demand(
      'DynamoDB reads a second',
      { 'm × g': 1, 't × g': 1, 'r × g': 1, h: 4, s: 1 },
      quotas.dynamodbReadsPerSecond,
    ),
    demand('DynamoDB writes a second', { m: 1, t: 2, r: 1, h: 8, p: 2 }, quotas.dynamodbWritesPerSecond),
    demand(
      'MongoDB connections',
      { m: inMysql.m, h: seconds('list-chats'), s: inMysql.s },
      quotas.mongodbConnections,
    ),
  ];
};

/** A limit, and how often it is asked for: beyond 1 the load does not fit. */
export interface Limit {
  readonly what: string;
  readonly quota: number;
  readonly share: number;
  /** The load that reaches it, in the proportions of the one that was given. */
  readonly reachedAt: Scale;
}

/** What stands in the way of a load that grows, the nearest first. */
export const limitsOf = (scale: Scale, using: Assumptions, quotas: Quotas): Limit[] =>
  demandsOf(scale, using, quotas)
    .flatMap(({ what, value, quota }) => {
      if (quota === undefined) return [];
      const share = value / quota;
      return [
        {
          what,
          quota,
          share,
          reachedAt: {
            connections: scale.connections / share,
            messagesPerSecond: scale.messagesPerSecond / share,
            reached: scale.reached,
          },
        },
      ];
    })
    .toSorted((a, b) => b.share - a.share);

/** What one key bears in a second, where more of them do not help. */
export const hotSpotsOf = (quotas: Quotas): { readonly what: string; readonly most: number }[] => [
  { what: 'sends in one chat: its row lock', most: quotas.mysqlCommitsPerSecondInOneChat },
  {
    what: 'sends of one user: the partition of their pace',
    most: quotas.dynamodbPartitionWritesPerSecond,
  },
  {
    what: 'events in all chats of one user: the partition of their connections',
    most: quotas.dynamodbPartitionReadsPerSecond,
  },
];

/** A figure as the command and decision 10 show it. */
export const shown = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
