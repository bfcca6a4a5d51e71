import { needsOf, type Route } from '../../functions/contract/route.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import {
  operationsOf,
  pingsPerSecond,
  type Assumptions,
  type FunctionId,
  type Operation,
  type OperationName,
} from './operations.ts';
import type { Quotas } from './quotas-2026-11.ts';

/** The load on a busy stage at one time. */
export interface Scale {
  readonly connections: number;
  readonly messagesPerSecond: number;
  /** The number of connections that a message reaches. */
  readonly reached: number;
}

/** The demand on one resource. */
export interface Demand {
  readonly what: string;
  /** In the symbols of decision 10. */
  readonly formula: string;
  readonly value: number;
  readonly quota?: number;
}

/**
 * The lifetime of a connection in seconds: a client opens the next one 45 s before its access token of 30 minutes
 * expires.
 */
export const CONNECTION_SECONDS = 30 * 60 - 45;
/** The size of mysql2's pool in a function. */
const MYSQL_CONNECTIONS = 2;

/** The symbols of rates per second: messages, typing, read marks, handshakes, rechecks and pings. */
type Letter = 'm' | 't' | 'r' | 'h' | 's' | 'p';

/** The operation of each rate. Log-ins are left out, since they are rare in comparison. */
const operationNames = {
  m: 'send',
  t: 'typing',
  r: 'read',
  h: 'open',
  s: 'recheck',
  p: 'heartbeat',
} as const satisfies Record<Letter, OperationName>;

const letters = Object.keys(operationNames) as Letter[];

const ratesOf = (
  { connections: C, messagesPerSecond: m, reached: g }: Scale,
  using: Assumptions,
): Record<Letter, number> => ({
  m,
  t: m * using.typingPerMessage,
  r: m * g * using.readMarksPerDelivery,
  h: C / CONNECTION_SECONDS,
  s: C / (using.recheckMinutes * 60),
  p: C * pingsPerSecond(using),
});

/** The quantity that each operation uses, and the quantity per connection that a message reaches. */
type Weights = Partial<Record<Letter, { readonly each: number; readonly perReached: number }>>;

const weightsOf = (of: (operation: Operation) => number): Weights => {
  const [none, one] = [0, 1].map((groupSize) => operationsOf({ groupSize }, { reachableShare: 1 }));
  if (none === undefined || one === undefined) return {};
  return Object.fromEntries(
    letters.map((letter) => {
      const name = operationNames[letter];
      const each = of(none[name]);
      return [letter, { each, perReached: of(one[name]) - each }];
    }),
  );
};

const sumOfWeights = (...all: readonly Weights[]): Weights =>
  Object.fromEntries(
    letters.map((letter) => [
      letter,
      {
        each: all.reduce((sum, weights) => sum + (weights[letter]?.each ?? 0), 0),
        perReached: all.reduce((sum, weights) => sum + (weights[letter]?.perReached ?? 0), 0),
      },
    ]),
  );

/** Formats a term such as `0.3 m`, with its sign. */
const term = (weight: number, letter: string): string => {
  const amount = Number(Math.abs(weight).toFixed(3));
  return `${weight < 0 ? '- ' : '+ '}${amount === 1 ? '' : `${amount} `}${letter}`;
};

/** The demands of a load on everything that has a limit, by the same operations that `npm run cost` uses. */
export const demandsOf = (scale: Scale, using: Assumptions, quotas: Quotas): Demand[] => {
  const rates = ratesOf(scale, using);
  const demand = (what: string, weights: Weights, quota?: number): Demand => {
    const of = letters.map((letter) => ({ letter, ...(weights[letter] ?? { each: 0, perReached: 0 }) }));
    const terms = [
      ...of.map(({ letter, perReached }) => ({ weight: perReached, letter: `${letter} × g` })),
      ...of.map(({ letter, each }) => ({ weight: each, letter })),
    ];
    return {
      what,
      formula: terms
        .filter(({ weight }) => weight !== 0)
        .map(({ weight, letter }) => term(weight, letter))
        .join(' ')
        .replace(/^\+ /, ''),
      value: of.reduce(
        (sum, { letter, each, perReached }) => sum + rates[letter] * (each + perReached * scale.reached),
        0,
      ),
      ...(quota === undefined ? {} : { quota }),
    };
  };
  const handshakes: Weights = { h: { each: 1, perReached: 0 } };
  /** One second of work per second keeps one function instance busy. */
  const secondsWhere = (counts: (id: FunctionId) => boolean): Weights =>
    weightsOf(
      ({ functions }) => functions.filter(counts).reduce((sum, id) => sum + using.milliseconds[id], 0) / 1000,
    );
  const holding = (store: 'mysql' | 'mongodb', connections: number): Weights => {
    const seconds = secondsWhere((id) => needsOf(routeOf(id)).has(store));
    return Object.fromEntries(
      Object.entries(seconds).map(([letter, { each }]) => [
        letter,
        { each: each * connections, perReached: 0 },
      ]),
    );
  };
  return [
    demand('handshakes a second', handshakes, quotas.newConnectionsPerSecond),
    demand(
      'frames in a second',
      Object.fromEntries(
        (['m', 't', 'r', 'p'] as const).map((letter) => [letter, { each: 1, perReached: 0 }]),
      ),
    ),
    demand(
      'API Gateway requests a second',
      sumOfWeights(
        weightsOf(({ httpRequests, socketMessages }) => httpRequests + socketMessages),
        handshakes,
      ),
      quotas.apiGatewayRequestsPerSecond,
    ),
    demand(
      'functions at work',
      secondsWhere(() => true),
      quotas.lambdaConcurrency,
    ),
    demand('MySQL connections', holding('mysql', MYSQL_CONNECTIONS), quotas.mysqlConnections),
    demand(
      'MySQL commits a second',
      weightsOf(({ mysqlCommits }) => mysqlCommits),
      quotas.mysqlCommitsPerSecond,
    ),
    demand(
      'DynamoDB reads a second',
      weightsOf(({ reads }) => reads),
      quotas.dynamodbReadsPerSecond,
    ),
    demand(
      'DynamoDB writes a second',
      weightsOf(({ writes }) => writes),
      quotas.dynamodbWritesPerSecond,
    ),
    demand('MongoDB connections', holding('mongodb', 1), quotas.mongodbConnections),
  ];
};

const routeOf = (id: FunctionId): Route => {
  const route = allRoutes.find((one) => one.id === id);
  if (route === undefined) throw new Error(`There is no function '${id}'`);
  return route;
};

/** A limit and its used share: above 1 the load exceeds the limit. */
export interface Limit {
  readonly what: string;
  readonly quota: number;
  readonly share: number;
  /** The load that reaches the limit, in the proportions of the given load. */
  readonly reachedAt: Scale;
}

/** The limits that a growing load meets, the nearest first. */
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

/** The maximal rates per second on a single key, which more keys do not raise. */
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

/** A number in the format of the command and of decision 10. */
export const shown = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
