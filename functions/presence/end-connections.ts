import { codeOf, errorCatalogue } from '../contract/errors.ts';
import type { ErrorFrame } from '../contract/frames.ts';
import { liveBroadcast, encodeFrame, type BroadcastEffects } from '../events/broadcast.ts';
import { loggedError, logger } from '../platform/logger.ts';

/** Why the service ends a connection. */
type EndOfConnection = 'session_revoked' | 'account_suspended' | 'token_expired' | 'too_many_connections';

/**
 * Closes a connection after an `error` frame with the reason: API Gateway chooses the close code by itself. Never throws.
 *
 * @param ref the reference in the client's frame that the error answers, or null
 * @returns whether it was open, and is closed
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
  // Its $disconnect removes the registration and tells the chats.
  return gateway.close(connectionId);
};

/**
 * Closes the connections of sessions that have ended, each after an `error` frame. One that cannot be closed now may be one
 * whose `$connect` has checked the session and not returned yet: the reaper closes it, within a minute or two.
 *
 * @param sessionIds null for all sessions of the user
 * @param reason what the `error` frame says
 * @throws StoreUnavailableError when the connections could not be looked up, or left to the reaper
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
 * Like `closeConnections`, for a caller that cannot repeat it. Never throws: the session has ended, and a connection that
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
