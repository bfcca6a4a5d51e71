import { loggedError, logger } from '../platform/logger.ts';
import { liveBroadcast, encodeFrame, type BroadcastEffects } from './broadcast.ts';
import { codeOf, errorCatalogue } from '../routes/errors.ts';

/**
 * Closes the connections of sessions that have ended, each after a frame that says why. Never throws: the session
 * has ended, and a connection that stays open fails with its token.
 *
 * @param sessionIds null for all of the user's
 */
export const endConnections = async (
  userId: number,
  sessionIds: readonly string[] | null,
  { connections, gateway, clock }: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  try {
    const { status, detail } = errorCatalogue.session_revoked;
    const frame = encodeFrame(
      { type: 'error', detail, status_code: status, code: codeOf('session_revoked'), ref: null },
      clock,
    );
    const found = await connections.findByUsers([userId]);
    await Promise.all(
      found
        .filter(({ sessionId }) => sessionIds === null || sessionIds.includes(sessionId))
        .map(async ({ connectionId }) => {
          await gateway.post(connectionId, frame);
          // $disconnect forgets it and tells its chats.
          await gateway.close(connectionId);
        }),
    );
  } catch (error) {
    logger.error('Connections of an ended session were not closed', { error: loggedError(error) });
  }
};
