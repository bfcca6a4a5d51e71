import { ServiceError } from '../contract/service-error.ts';
import { endConnections } from '../presence/end-connections.ts';
import type { Actor } from './actor.ts';
import { liveSessions } from './live.ts';
import type { SessionStore } from './stores/sessions.ts';

export interface EndSessionEffects {
  readonly sessions: Pick<SessionStore, 'remove'>;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
}

const liveEffects: EndSessionEffects = {
  sessions: liveSessions.sessions,
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * Ends one of the caller's sessions, possibly the one in use, and closes its connections. Its refresh tokens are
 * refused at once, its access token as soon as cached session checks expire.
 *
 * @throws ServiceError `session_not_found` when the caller has no such session, or it has ended
 */
export const endSession = async (
  { userId }: Pick<Actor, 'userId'>,
  sessionId: string,
  { sessions, endConnections: close }: EndSessionEffects = liveEffects,
): Promise<void> => {
  const existed = await sessions.remove({ userId, sessionId });
  // Also when it had ended: the call that ended it may have failed before it closed the connections.
  await close(userId, [sessionId]);
  if (!existed) throw new ServiceError('session_not_found');
};
