import { runLimit } from '../platform/run-limit.ts';
import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import { publish } from '../events/publish.ts';
import { epochSeconds } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { endConnection } from './end-connections.ts';
import { endExpiredConnection } from './end-expired-connection.ts';
import { isLive } from './live.ts';
import { liveRemoval, type RemovalEffects } from './removed-connection.ts';
import { createConnectionScan, type ConnectionScan } from './stores/connection-scan.ts';

export interface ReapConnectionsEffects
  extends BroadcastEffects, Pick<RemovalEffects, 'participants' | 'users'> {
  readonly scanConnections: ConnectionScan;
}

const liveEffects: ReapConnectionsEffects = {
  ...liveRemoval,
  ...liveBroadcast,
  scanConnections: createConnectionScan(dynamodb, () => environmentOf('all-connections').CONNECTIONS_TABLE),
};

/** The result of a run, in numbers of connections. */
export interface ReapConnectionsReport {
  readonly examined: number;
  /** Ended because their lease had expired. */
  readonly ended: number;
  /**
   * Closed because their access token had expired. Their clients had only listened: a frame would have been answered
   * with that error.
   */
  readonly expired: number;
  readonly failed: number;
  /** False when the run ended at its time limit: the next one starts over. */
  readonly complete: boolean;
}

/**
 * How long after a token's expiry its connection is closed, in seconds: by then a client that sends frames, or
 * renews its token in time, has noticed the expiry by itself.
 */
const TOKEN_GRACE_SECONDS = 60;

/**
 * Ends the connections whose lease has expired: they broke without a `$disconnect`, or their client has sent nothing
 * for longer than API Gateway's idle timeout. Publishes the events that `$disconnect` would have caused. Closes
 * connections that only listen when their access token has expired. A connection that cannot be ended now is left to
 * the next run.
 */
export const reapConnections = async (
  effects: ReapConnectionsEffects = liveEffects,
): Promise<ReapConnectionsReport> => {
  let examined = 0;
  let ended = 0;
  let expired = 0;
  let failed = 0;
  let complete = true;
  const isOver = runLimit(effects.clock(), effects.clock);
  for await (const connection of effects.scanConnections()) {
    complete = !isOver();
    if (!complete) break;
    examined += 1;
    try {
      if (!isLive(connection, effects.clock)) {
        const { result: isEnded, events } = await endExpiredConnection(connection, effects);
        await publish(events, effects);
        if (isEnded) ended += 1;
      } else if (connection.tokenExpiresAt + TOKEN_GRACE_SECONDS <= epochSeconds(effects.clock())) {
        await endConnection(connection.connectionId, 'token_expired', null, effects);
        expired += 1;
      }
    } catch (error) {
      failed += 1;
      logger.warn('A connection was not ended', {
        connection_id: connection.connectionId,
        error: loggedError(error),
      });
    }
  }
  effects.metrics({ ConnectionsEnded: ended + expired });
  return { examined, ended, expired, failed, complete };
};
