import { randomUUID } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { passwordFingerprint } from '../users/password-fingerprint.ts';
import type { Actor } from './actor.ts';
import { isGenuine, newRefreshToken, newTokenKey, parseRefreshToken } from './refresh-tokens.ts';
import { createSessionStore, type SessionKey, type SessionStore } from './stores/sessions.ts';

export interface SessionEffects {
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** The sessions of this stage. */
export const liveSessions: SessionEffects = {
  sessions: createSessionStore(dynamodb, () => environmentOf('session-check').SESSIONS_TABLE),
  clock: systemClock,
};

/** Begins a session of a user, with a password that they have just given. @param passwordHash as it is stored */
export const startSession = async (
  user: Pick<Actor, 'userId' | 'username'>,
  passwordHash: string,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<{ sessionId: string; refreshToken: string }> => {
  const now = clock();
  const key = { userId: user.userId, sessionId: randomUUID() };
  const tokenKey = newTokenKey();
  const { token, hash } = newRefreshToken({ ...key, tokenKey }, 1);
  await sessions.insert({
    ...key,
    username: user.username,
    tokenKey,
    generation: 1,
    current: [hash],
    previous: [],
    rotatedAt: now.getTime(),
    passwords: [passwordFingerprint(passwordHash)],
    startedAt: now.getTime(),
    expiresAt: epochSeconds(now) + limits.refresh_token_seconds,
  });
  return { sessionId: key.sessionId, refreshToken: token };
};

/**
 * Ends a user's oldest sessions beyond the number that a user may have, and those that ran out. Called after one was
 * begun: of any number begun at once the last to look sees all of them, so the latest stay and no more.
 *
 * @returns the ids of those that it ended
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
  const over = byAge.filter(({ expiresAt }) => expiresAt <= now);
  const ended = [...live.slice(limits.sessions_per_user), ...over].map(({ sessionId }) => sessionId);
  await sessions.removeAll(userId, ended);
  return ended;
};

/** Ends the session that issued a refresh token. @returns whose it was; undefined for what no session issued */
export const endSessionOfToken = async (
  text: string,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<SessionKey | undefined> => {
  const token = parseRefreshToken(text);
  if (token === undefined) return undefined;
  const session = await sessions.find(token, epochSeconds(clock()));
  // An old token ends its family as the last one does: whoever logs out may have lost the answer to a refresh.
  if (session === undefined || !isGenuine(token, session.tokenKey)) return undefined;
  await sessions.remove(session);
  return session;
};

/**
 * Ends all sessions of a user, or all but one.
 *
 * @param newPasswordHash spares the sessions that were begun with this password, which has just been set
 * @returns the ids of those that it ended
 */
export const endSessions = async (
  userId: number,
  exceptId: string | null,
  newPasswordHash?: string,
  { sessions }: Pick<SessionEffects, 'sessions'> = liveSessions,
): Promise<string[]> => {
  const spared = newPasswordHash === undefined ? undefined : passwordFingerprint(newPasswordHash);
  const ids = (await sessions.list(userId))
    .filter(({ passwords }) => spared === undefined || !passwords.includes(spared))
    .map(({ sessionId }) => sessionId)
    .filter((id) => id !== exceptId);
  await sessions.removeAll(userId, ids);
  return ids;
};

/** Asks whether a session was not ended, and remembers nothing. @throws ServiceError `session_revoked` */
export const assertSessionIsLiveNow = async (
  actor: Actor,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<void> => {
  const session = await sessions.find(actor, epochSeconds(clock()));
  if (session === undefined) throw new ServiceError('session_revoked');
};

/** A revoked session is refused this many seconds after at the latest. */
const CHECK_SECONDS = 55;
const REMEMBERED_MAX = 10_000;

/** Checks that sessions were not ended, and remembers each check for less than a minute. */
export const createSessionCheck = (effects: SessionEffects = liveSessions) => {
  const checkedAt = new Map<string, number>();
  /** @throws ServiceError `session_revoked` */
  return async (actor: Actor): Promise<void> => {
    const now = epochSeconds(effects.clock());
    const last = checkedAt.get(actor.sessionId);
    if (last !== undefined && now - last < CHECK_SECONDS) return;
    checkedAt.delete(actor.sessionId);
    await assertSessionIsLiveNow(actor, effects);
    if (checkedAt.size >= REMEMBERED_MAX) checkedAt.clear();
    checkedAt.set(actor.sessionId, now);
  };
};

/** The function's own check, with what it remembers. */
export const assertSessionIsLive = createSessionCheck();
