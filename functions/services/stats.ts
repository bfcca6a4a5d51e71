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

/** Counts who is online. Reading every connection costs what there are: those who ask at the same time share it. */
export const createStats = ({ scanConnections, clock }: StatsEffects = liveEffects) => {
  let counting: Promise<Stats> | undefined;

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

  return (): Promise<Stats> =>
    (counting ??= count().finally(() => {
      counting = undefined;
    }));
};

/** The function's own numbers. */
export const getStats = createStats();
