import { codeOf, errorCatalogue } from '../contract/errors.ts';
import type { ErrorFrame } from '../contract/frames.ts';
import { liveBroadcast, encodeFrame, type BroadcastEffects } from '../events/broadcast.ts';
import { loggedError, logger } from '../platform/logger.ts';

/**
 * Ends a connection after a frame that says why: API Gateway chooses the code of closing.
 *
 * @param ref what of the client's the frame answers
 */
export const endConnection = async (
  connectionId: string,
  reason: 'session_revoked' | 'token_expired' | 'too_many_connections',
  ref: ErrorFrame['ref'],
  { gateway, clock }: Pick<BroadcastEffects, 'gateway' | 'clock'> = liveBroadcast,
): Promise<void> => {
  const { status, detail } = errorCatalogue[reason];
  const frame = { type: 'error', detail, status_code: status, code: codeOf(reason), ref };
  await gateway.post(connectionId, encodeFrame(frame, clock));
  // $disconnect forgets it and tells its chats.
  await gateway.close(connectionId);
};

/**
 * Closes the connections of sessions that have ended, each after a frame that says why.
 *
 * @param sessionIds null for all of the user's
 * @throws when it is unknown which there are
 */
export const closeConnections = async (
  userId: number,
  sessionIds: readonly string[] | null,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const found = await effects.connections.findByUsers([userId]);
  await Promise.all(
    found
      .filter(({ sessionId }) => sessionIds === null || sessionIds.includes(sessionId))
      .map(({ connectionId }) => endConnection(connectionId, 'session_revoked', null, effects)),
  );
};

/**
 * As `closeConnections`, where that cannot be repeated. Never throws: the session has ended, and a connection that
 * stays open fails with its token.
 */
export const endConnections = async (
  userId: number,
  sessionIds: readonly string[] | null,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  try {
    await closeConnections(userId, sessionIds, effects);
  } catch (error) {
    logger.error('Connections of an ended session were not closed', { error: loggedError(error) });
  }
};
