import { REFRESH_GRACE_SECONDS, REFRESH_SUCCESSORS_MAX, limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { endConnections } from '../presence/end-connections.ts';
import { assertRateLimit } from '../rate-limits/assert-rate-limit.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import { issueAccessToken } from './access-tokens.ts';
import { accountSuspended, isSuspended } from './account-suspended.ts';
import type { Tokens } from './contract.ts';
import { liveSessions } from './live.ts';
import {
  hashSecret,
  hasValidMac,
  newRefreshToken,
  parseRefreshToken,
  type RefreshToken,
} from './refresh-tokens.ts';
import type { Session, SessionStore } from './stores/sessions.ts';

export interface RefreshEffects {
  readonly sessions: Pick<SessionStore, 'find' | 'rotate' | 'addToken' | 'remove'>;
  readonly users: Pick<UserStore, 'confirmAccess' | 'findSuspendedUntil'>;
  readonly clock: Clock;
  readonly assertRateLimit: (kind: 'refreshes', userId: number) => Promise<void>;
  readonly issueAccessToken: typeof issueAccessToken;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
}

const liveEffects: RefreshEffects = {
  sessions: liveSessions.sessions,
  users: userStore,
  clock: systemClock,
  assertRateLimit: (kind, userId) => assertRateLimit(kind, userId),
  issueAccessToken: (subject) => issueAccessToken(subject),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * The state of a genuine refresh token within its session.
 *
 * - `current`: a token of the current generation; its first use starts the next generation
 * - `previous`: a token of the previous generation, within the grace period and before a current one was used
 * - `reused`: an older token, which may be stolen
 * - `unknown`: the session issued no token with this secret; only somebody who can read the store could forge such a
 *   token's MAC
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

/** Adds a refresh token to a session. @returns undefined when the session has changed since it was read */
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
    const detail = 'This refresh token has been used too many times at once.';
    throw new ServiceError('rate_limited', { detail, retryAfter: 1 });
  }
  const { token, hash } = newRefreshToken(session, session.generation);
  const isAdded = await sessions.addToken(session, session.generation, hash, REFRESH_SUCCESSORS_MAX);
  return isAdded ? token : undefined;
};

/**
 * Exchanges a refresh token for new tokens. A reused token may be stolen: its session is ended and the session's
 * connections are closed. A text that no session issued is refused and changes nothing. A session whose account is
 * deactivated, or whose password has been replaced, is ended too: the call that should have ended it may have failed.
 * See decision 20.
 *
 * A refresh token of a suspended account is not used up: it works again when the suspension ends.
 *
 * @throws ServiceError `invalid_refresh_token`, `refresh_token_reused`, `account_suspended` or `rate_limited`
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
  let isCounted = false;
  // Each further round means that another request has changed the session meanwhile, so the loop terminates.
  for (;;) {
    const now = clock();
    const session = await sessions.find(token, epochSeconds(now));
    if (session === undefined || !hasValidMac(token, session.tokenKey)) {
      throw new ServiceError('invalid_refresh_token');
    }
    // The session is not ended: its access token must stay valid for a retry of the deletion.
    if (session.isForDeletion) throw new ServiceError('invalid_refresh_token');
    if (session.suspendedUntil > epochSeconds(now)) {
      throw accountSuspended(new Date(session.suspendedUntil * 1000));
    }
    const end = async (error: 'invalid_refresh_token' | 'refresh_token_reused'): Promise<never> => {
      await sessions.remove(session);
      await effects.endConnections(session.userId, [session.sessionId]);
      throw new ServiceError(error);
    };
    const standing = standingOf(token, session, now);
    if (standing === 'unknown') throw new ServiceError('invalid_refresh_token');
    if (standing === 'reused') return end('refresh_token_reused');
    // Taken after the token was verified, so that nobody else can use up the user's rate limit.
    if (!isCounted) await effects.assertRateLimit('refreshes', session.userId);
    isCounted = true;
    if (!isConfirmed) {
      const passwords = session.passwords.filter((fingerprint) => !tried.has(fingerprint));
      if (passwords.length === 0) return end('invalid_refresh_token');
      for (const fingerprint of passwords) tried.add(fingerprint);
      isConfirmed = await users.confirmAccess(session.userId, passwords, now);
      // Checked before ending the session: a suspended account's session works again when the suspension ends.
      const until = isConfirmed ? null : await users.findSuspendedUntil(session.userId);
      if (isSuspended(until, now)) throw accountSuspended(until);
      // This very session may be changing the password: it stores the new fingerprint before the new hash.
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
