import { epochSeconds } from '../platform/clock.ts';
import { liveSessions, type SessionEffects } from './live.ts';
import type { SessionKey } from './stores/sessions.ts';

/**
 * The current state of a session. A session of a suspended account is refused everything, but resumes when the
 * suspension ends, so its data is kept.
 */
export type SessionState = 'live' | 'suspended' | 'ended';

/**
 * Looks up the states of sessions, without a cache: one request to DynamoDB per 100 sessions.
 *
 * @returns a function that returns the state of one of the given sessions
 * @throws StoreUnavailableError
 */
export const findSessionStates = async (
  keys: readonly SessionKey[],
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<(userId: number, sessionId: string) => SessionState> => {
  const nameOf = (userId: number, sessionId: string): string => `${userId} ${sessionId}`;
  const now = epochSeconds(clock());
  const found = await sessions.findLive(keys, now);
  const states = new Map(
    found.map(({ userId, sessionId, suspendedUntil }) => [
      nameOf(userId, sessionId),
      suspendedUntil > now ? ('suspended' as const) : ('live' as const),
    ]),
  );
  return (userId, sessionId) => states.get(nameOf(userId, sessionId)) ?? 'ended';
};
