import { epochSeconds } from '../platform/clock.ts';
import { liveSessions, type SessionEffects } from './live.ts';
import type { SessionKey } from './stores/sessions.ts';

/**
 * What a session is now. One of a suspended account is refused everything and goes on when the suspension is over, so that
 * what belongs to it is kept.
 */
export type SessionState = 'live' | 'suspended' | 'ended';

/**
 * Looks up the states of sessions, without a cache: one request to DynamoDB per 100 sessions.
 *
 * @returns the state of a session, of those that were asked for
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
