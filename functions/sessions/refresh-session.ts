import { REFRESH_GRACE_SECONDS, REFRESH_SUCCESSORS_MAX, limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { endConnections } from '../presence/end-connections.ts';
import { assertPace } from '../rate-limits/rate-limits.ts';
import { userStore } from '../users/live.ts';
import { type UserStore } from '../users/stores/users.ts';
import type { Tokens } from './contract.ts';
import {
  hashSecret,
  isGenuine,
  newRefreshToken,
  parseRefreshToken,
  type RefreshToken,
} from './refresh-tokens.ts';
import { liveSessions } from './sessions.ts';
import type { Session, SessionStore } from './stores/sessions.ts';
import { issueAccessToken } from './tokens.ts';

export interface RefreshEffects {
  readonly sessions: Pick<SessionStore, 'find' | 'rotate' | 'addToken' | 'remove'>;
  readonly users: Pick<UserStore, 'confirmAccess'>;
  readonly clock: Clock;
  readonly assertPace: (pace: 'refreshes', userId: number) => Promise<void>;
  readonly issueAccessToken: typeof issueAccessToken;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
}

const liveEffects: RefreshEffects = {
  sessions: liveSessions.sessions,
  users: userStore,
  clock: systemClock,
  assertPace: (pace, userId) => assertPace(pace, userId),
  issueAccessToken: (subject) => issueAccessToken(subject),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * What a genuine token of a session is now.
 *
 * - `current`: one of the present generation's; the first of them that is used begins the next
 * - `previous`: of the generation before, within the grace and before the present one was used
 * - `reused`: older, so that somebody else may have it
 * - `unknown`: no token was issued with this secret; only who reads the store can make one
 */
const standingOf = (
  token: RefreshToken,
  session: Session,
  now: Date,
): 'current' | 'previous' | 'reused' | 'unknown' => {
  const hash = hashSecret(token.secret);
  if (token.generation === session.generation) return session.current.includes(hash) ? 'current' : 'unknown';
  if (token.generation > session.generation) return 'unknown';
  const isInGrace = now.getTime() - session.rotatedAt < REFRESH_GRACE_SECONDS * 1000;
  if (token.generation < session.generation - 1 || !isInGrace) return 'reused';
  return session.previous.includes(hash) ? 'previous' : 'unknown';
};

/** Gives a session another refresh token. @returns undefined when the session is no longer as it was read */
const nextToken = async (
  standing: 'current' | 'previous',
  session: Session,
  now: Date,
  { sessions }: Pick<RefreshEffects, 'sessions'>,
): Promise<string | undefined> => {
  if (standing === 'current') {
    const { token, hash } = newRefreshToken(session, session.generation + 1);
    const expiresAt = epochSeconds(now) + limits.refresh_token_seconds;
    const next = { hash, rotatedAt: now.getTime(), expiresAt };
    return (await sessions.rotate(session, session.generation, next)) ? token : undefined;
  }
  if (session.current.length >= REFRESH_SUCCESSORS_MAX) {
    const detail = 'This refresh token has been used too often at once.';
    throw new ServiceError('rate_limited', { detail, retryAfter: 1 });
  }
  const { token, hash } = newRefreshToken(session, session.generation);
  const isAdded = await sessions.addToken(session, session.generation, hash, REFRESH_SUCCESSORS_MAX);
  return isAdded ? token : undefined;
};

/**
 * New tokens for a refresh token. One that is older than the last but one ends its whole family with its sockets, for
 * it may be stolen; what no session issued changes nothing. A session whose account is gone, or whose password is no
 * longer the account's, ends too: whoever ended it may have been broken off. See decision 20.
 *
 * @throws ServiceError `invalid_refresh_token`, `refresh_token_reused` or `rate_limited`
 */
export const refreshSession = async (
  text: string,
  effects: RefreshEffects = liveEffects,
): Promise<Tokens> => {
  const { sessions, users, clock } = effects;
  const token = parseRefreshToken(text);
  if (token === undefined) throw new ServiceError('invalid_refresh_token');
  const tried = new Set<string>();
  let isConfirmed = false;
  let isPaced = false;
  // Each round but the last finds the session in a later state than the round before, and few are left then.
  for (;;) {
    const now = clock();
    const session = await sessions.find(token, epochSeconds(now));
    if (session === undefined || !isGenuine(token, session.tokenKey)) {
      throw new ServiceError('invalid_refresh_token');
    }
    const end = async (error: 'invalid_refresh_token' | 'refresh_token_reused'): Promise<never> => {
      await sessions.remove(session);
      await effects.endConnections(session.userId, [session.sessionId]);
      throw new ServiceError(error);
    };
    const standing = standingOf(token, session, now);
    if (standing === 'unknown') throw new ServiceError('invalid_refresh_token');
    if (standing === 'reused') return end('refresh_token_reused');
    // Only now: a token that is not the session's must not use up its user's pace.
    if (!isPaced) await effects.assertPace('refreshes', session.userId);
    isPaced = true;
    if (!isConfirmed) {
      const passwords = session.passwords.filter((fingerprint) => !tried.has(fingerprint));
      if (passwords.length === 0) return end('invalid_refresh_token');
      for (const fingerprint of passwords) tried.add(fingerprint);
      isConfirmed = await users.confirmAccess(session.userId, passwords, now);
      // Perhaps this very session is changing the password: it has then noted the new one by now.
      if (!isConfirmed) continue;
    }
    const refreshToken = await nextToken(standing, session, now, effects);
    if (refreshToken === undefined) continue;
    return {
      access_token: await effects.issueAccessToken(session),
      token_type: 'bearer',
      expires_in: limits.access_token_seconds,
      refresh_token: refreshToken,
    };
  }
};
