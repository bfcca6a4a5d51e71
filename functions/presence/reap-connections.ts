import { epochSeconds } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { endConnection } from './end-connections.ts';
import { isLive } from './live.ts';
import { endExpiredConnection, livePresence, type PresenceEffects } from './presence.ts';
import { createConnectionScan, type ConnectionScan } from './stores/connection-scan.ts';

export interface ReapConnectionsEffects extends PresenceEffects {
  readonly scanConnections: ConnectionScan;
}

const liveEffects: ReapConnectionsEffects = {
  ...livePresence,
  scanConnections: createConnectionScan(dynamodb, () => environmentOf('all-connections').CONNECTIONS_TABLE),
};

/** What a run of the reaper did. */
export interface ReapConnectionsReport {
  readonly examined: number;
  /** Ended because their lease was over. */
  readonly ended: number;
  /** Closed because their access token had run out, and they said nothing to be told so. */
  readonly expired: number;
  readonly failed: number;
}

/** A client that renews its token in time, or sends at all, hears of it before the reaper comes. */
const TOKEN_GRACE_SECONDS = 60;

/**
 * Ends the connections whose lease is over: they died without a goodbye, or nobody sent on them for longer than
 * API Gateway lets a connection be idle. Their chats are told what `$disconnect` would have told them. Closes those
 * that only listen and whose access token ran out. One that cannot be ended now is left to the next run.
 */
export const reapConnections = async (
  effects: ReapConnectionsEffects = liveEffects,
): Promise<ReapConnectionsReport> => {
  let examined = 0;
  let ended = 0;
  let expired = 0;
  let failed = 0;
  for await (const connection of effects.scanConnections()) {
    examined += 1;
    try {
      if (!isLive(connection, effects.clock)) {
        if (await endExpiredConnection(connection, effects)) ended += 1;
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
  return { examined, ended, expired, failed };
};
