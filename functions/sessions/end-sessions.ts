import { limits } from '../contract/limits.ts';
import { epochSeconds } from '../platform/clock.ts';
import { passwordFingerprint } from '../users/password-fingerprint.ts';
import { liveSessions, type SessionEffects } from './live.ts';
import { hasValidMac, parseRefreshToken } from './refresh-tokens.ts';
import type { SessionKey } from './stores/sessions.ts';

/**
 * Ends all sessions of a user, or all but one.
 *
 * @param newPasswordHash the hash of a password that has just been set: sessions started with it stay
 * @returns the ids of the sessions that were ended
 */
export const endSessions = async (
  userId: number,
  exceptId: string | null,
  newPasswordHash?: string,
  { sessions }: Pick<SessionEffects, 'sessions'> = liveSessions,
): Promise<string[]> => {
  const kept = newPasswordHash === undefined ? undefined : passwordFingerprint(newPasswordHash);
  const ids = (await sessions.list(userId))
    .filter(({ passwords }) => kept === undefined || !passwords.includes(kept))
    .map(({ sessionId }) => sessionId)
    .filter((id) => id !== exceptId);
  await sessions.removeAll(userId, ids);
  return ids;
};

/**
 * Ends the oldest sessions beyond `limits.sessions_per_user`, and the expired ones. Called after a session was started:
 * of concurrent callers the last sees all new sessions, so exactly the latest stay.
 *
 * @returns the ids of the sessions that were ended
 */
export const endSurplusSessions = async (
  userId: number,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<string[]> => {
  const now = epochSeconds(clock());
  const byAge = (await sessions.list(userId)).toSorted(
    (a, b) => b.startedAt - a.startedAt || (a.sessionId < b.sessionId ? -1 : 1),
  );
  const live = byAge.filter(({ expiresAt }) => expiresAt > now);
  const expired = byAge.filter(({ expiresAt }) => expiresAt <= now);
  const ended = [...live.slice(limits.sessions_per_user), ...expired].map(({ sessionId }) => sessionId);
  await sessions.removeAll(userId, ended);
  return ended;
};

/**
 * Ends the session that issued a refresh token. Any token of the session works, however old: a client that logs out
 * may have lost the response to its last refresh.
 *
 * @returns the key of the session, also when it has ended already; undefined when the text is not a refresh token, or
 *   not one of the live session that it names
 */
export const endSessionOfToken = async (
  text: string,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<SessionKey | undefined> => {
  const token = parseRefreshToken(text);
  if (token === undefined) return undefined;
  const session = await sessions.find(token, epochSeconds(clock()));
  if (session === undefined) return token;
  if (!hasValidMac(token, session.tokenKey)) return undefined;
  await sessions.remove(session);
  return session;
};
