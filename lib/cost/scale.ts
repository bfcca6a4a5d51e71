import type { Assumptions } from './operations.ts';
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

/** How long a connection lives: at most two hours, and phones sleep. */
export const CONNECTION_SECONDS = 3600;
/** mysql2's pool in a function. */
const MYSQL_CONNECTIONS = 2;
const MONGODB_CONNECTIONS = 1;

/** What a load asks of everything that has a limit. */
export const demandsOf = (
  { connections: C, messagesPerSecond: m, reached: g }: Scale,
  { heartbeatMinutes, recheckMinutes, milliseconds: ms }: Assumptions,
  quotas: Quotas,
): Demand[] => {
  const handshakes = C / CONNECTION_SECONDS;
  const pings = C / (heartbeatMinutes * 60);
  const syncs = handshakes + C / (recheckMinutes * 60);
  const sending = (m * ms['receive-message']) / 1000;
  const opening =
    (handshakes * (ms['issue-ticket'] + ms['authorize-connection'] + ms.connect + ms.disconnect)) / 1000;
  const syncing = (syncs * ms.sync) / 1000;
  const atWork = sending + opening + syncing + (pings * ms.ping) / 1000;
  return [
    {
      what: 'handshakes a second',
      formula: 'h = C / L',
      value: handshakes,
      quota: quotas.newConnectionsPerSecond,
    },
    { what: 'frames in a second', formula: 'm + p', value: m + pings },
    {
      what: 'API Gateway requests a second',
      formula: 'm × (g + 2) + 2 p + 3 h + s',
      value: m * (g + 2) + 2 * pings + 3 * handshakes + syncs,
      quota: quotas.apiGatewayRequestsPerSecond,
    },
    {
      what: 'functions at work',
      formula: 'm × 0.06 + h × 0.09 + s × 0.04 + p × 0.015',
      value: atWork,
      quota: quotas.lambdaConcurrency,
    },
    {
      what: 'MySQL connections',
      formula: '2 × (m × 0.06 + h × 0.05 + s × 0.04)',
      value: MYSQL_CONNECTIONS * (sending + (handshakes * (ms.connect + ms.disconnect)) / 1000 + syncing),
      quota: quotas.mysqlConnections,
    },
    { what: 'MySQL commits a second', formula: 'm', value: m, quota: quotas.mysqlCommitsPerSecond },
    {
      what: 'DynamoDB reads a second',
      formula: 'm × g + s + h',
      value: m * g + syncs + handshakes,
      quota: quotas.dynamodbReadsPerSecond,
    },
    {
      what: 'DynamoDB writes a second',
      formula: 'm + p + 4 h',
      value: m + pings + 4 * handshakes,
      quota: quotas.dynamodbWritesPerSecond,
    },
    {
      what: 'MongoDB connections',
      formula: 'm × 0.06 + s × 0.04',
      value: MONGODB_CONNECTIONS * (sending + syncing),
      quota: quotas.mongodbConnections,
    },
  ];
};

/** A limit, and how often it is asked for: beyond 1 the load does not fit. */
export interface Limit {
  readonly what: string;
  readonly quota: number;
  readonly share: number;
}

/** What stands in the way, the nearest first. */
export const limitsOf = (demands: readonly Demand[]): Limit[] =>
  demands
    .flatMap(({ what, value, quota }) => (quota === undefined ? [] : [{ what, quota, share: value / quota }]))
    .toSorted((a, b) => b.share - a.share);
