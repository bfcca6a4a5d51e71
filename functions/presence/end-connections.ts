import { codeOf, errorCatalogue } from '../contract/errors.ts';
import type { ErrorFrame } from '../contract/frames.ts';
import { liveBroadcast, encodeFrame, type BroadcastEffects } from '../events/broadcast.ts';
import { loggedError, logger } from '../platform/logger.ts';

/** The reasons for which the service closes a connection. */
type EndOfConnection = 'session_revoked' | 'account_suspended' | 'token_expired' | 'too_many_connections';

/**
 * Closes a connection after an `error` frame with the reason: API Gateway chooses the close code by itself. Never
 * throws.
 *
 * @param ref the `ref` of the client's frame to which the error replies, or null
 * @returns whether the connection was open and is now closed
 */
export const endConnection = async (
  connectionId: string,
  reason: EndOfConnection,
  ref: ErrorFrame['ref'],
  { gateway, clock }: Pick<BroadcastEffects, 'gateway' | 'clock'> = liveBroadcast,
): Promise<boolean> => {
  const { status, detail } = errorCatalogue[reason];
  const frame = { type: 'error', detail, status_code: status, code: codeOf(reason), ref };
  await gateway.post(connectionId, encodeFrame(frame, clock));
  // The resulting $disconnect removes the registration and publishes the events.
  return gateway.close(connectionId);
};

/**
 * Closes the connections of sessions that have ended, each after an `error` frame. A connection that cannot be closed
 * now may be one whose `$connect` has checked the session but not returned yet: the reaper closes it within a minute
 * or two.
 *
 * @param sessionIds null for all sessions of the user
 * @param reason the code in the `error` frame
 * @throws StoreUnavailableError when the connections could not be looked up, or not be marked for the reaper
 */
export const closeConnections = async (
  userId: number,
  sessionIds: readonly string[] | null,
  reason: 'session_revoked' | 'account_suspended' = 'session_revoked',
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const found = await effects.connections.findByUsers([userId]);
  await Promise.all(
    found
      .filter(({ sessionId }) => sessionIds === null || sessionIds.includes(sessionId))
      .map(async ({ connectionId }) => {
        const isClosed = await endConnection(connectionId, reason, null, effects);
        if (!isClosed) await effects.connections.expire(userId, connectionId);
      }),
  );
};

/**
 * Like `closeConnections`, for a caller that cannot retry. Never throws: the session has ended, and a connection that
 * stays open is closed when its access token expires.
 */
export const endConnections = async (
  userId: number,
  sessionIds: readonly string[] | null,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  try {
    await closeConnections(userId, sessionIds, 'session_revoked', effects);
  } catch (error) {
    logger.error('Connections of an ended session were not closed', { error: loggedError(error) });
  }
};
