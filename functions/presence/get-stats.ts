import { systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { readAtMostEvery } from '../platform/read-once.ts';
import type { Stats } from './contract.ts';
import { isLive } from './live.ts';
import { createConnectionScan, type ConnectionScan } from './stores/connection-scan.ts';

export interface StatsEffects {
  readonly scanConnections: ConnectionScan;
  readonly clock: Clock;
}

const liveEffects: StatsEffects = {
  scanConnections: createConnectionScan(dynamodb, () => environmentOf('all-connections').CONNECTIONS_TABLE),
  clock: systemClock,
};

/** How long the numbers are cached, in milliseconds: counting reads every connection in the table. */
const STATS_KEPT_MS = 30_000;

/**
 * Creates a function that counts online users and their connections at most once per `STATS_KEPT_MS`. In between,
 * callers get the cached numbers. A failed count is not cached.
 */
export const createStats = ({ scanConnections, clock }: StatsEffects = liveEffects) => {
  const count = async (): Promise<Stats> => {
    const users = new Set<number>();
    let connections = 0;
    for await (const connection of scanConnections()) {
      if (!isLive(connection, clock)) continue;
      users.add(connection.userId);
      connections += 1;
    }
    return { online_users: users.size, total_connections: connections };
  };

  return readAtMostEvery(count, STATS_KEPT_MS, clock);
};

/** Counts online users and their connections, with the cache of this execution environment. */
export const getStats = createStats();
