import { epochSeconds } from '../platform/clock.ts';
import { liveSessions, type SessionEffects } from './live.ts';
import type { SessionKey } from './stores/sessions.ts';

/**
 * Looks up which sessions are on, without a cache: one request to DynamoDB per 100 sessions.
 *
 * @returns whether a session is, of those that were asked for
 * @throws StoreUnavailableError
 */
export const findLiveSessions = async (
  keys: readonly SessionKey[],
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<(userId: number, sessionId: string) => boolean> => {
  const nameOf = (userId: number, sessionId: string): string => `${userId} ${sessionId}`;
  const live = await sessions.findLive(keys, epochSeconds(clock()));
  const names = new Set(live.map(({ userId, sessionId }) => nameOf(userId, sessionId)));
  return (userId, sessionId) => names.has(nameOf(userId, sessionId));
};
