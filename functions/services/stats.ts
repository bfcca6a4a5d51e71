import { systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createConnectionScan, type ConnectionScan } from '../repositories/dynamodb/connection-scan.ts';
import type { Stats } from '../routes/real-time.ts';
import { isLive } from './live-connections.ts';

export interface StatsEffects {
  readonly scanConnections: ConnectionScan;
  readonly clock: Clock;
}

const liveEffects: StatsEffects = {
  scanConnections: createConnectionScan(dynamodb, () => environmentOf('all-connections').CONNECTIONS_TABLE),
  clock: systemClock,
};

/** Reading every connection costs what there are: nobody needs the numbers more often than this. */
const REMEMBERED_MS = 5000;

/** Counts who is online, and remembers the numbers for a moment. */
export const createStats = ({ scanConnections, clock }: StatsEffects = liveEffects) => {
  let remembered: { readonly at: number; readonly stats: Promise<Stats> } | undefined;

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

  return async (): Promise<Stats> => {
    const now = clock().getTime();
    if (remembered === undefined || now - remembered.at >= REMEMBERED_MS) {
      remembered = { at: now, stats: count() };
    }
    try {
      return await remembered.stats;
    } catch (error) {
      remembered = undefined;
      throw error;
    }
  };
};

/** The function's own numbers. */
export const getStats = createStats();
