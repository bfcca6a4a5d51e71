import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createSessionRepository, type SessionRepository } from '../repositories/dynamodb/sessions.ts';
import { limits } from '../routes/limits.ts';
import type { Actor } from './actor.ts';
import { assertPace as takePace } from './rate-limits.ts';
import { ServiceError } from './service-error.ts';

export interface SessionEffects {
  readonly sessions: SessionRepository;
  readonly clock: Clock;
}

/** The sessions of this stage. */
export const liveSessions: SessionEffects = {
  sessions: createSessionRepository(dynamodb, () => environmentOf('session-check').SESSIONS_TABLE),
  clock: systemClock,
};

const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The token says whose it is, so that refreshing finds the session without an index. */
const newRefreshToken = (userId: number, sessionId: string): string =>
  `${userId}.${sessionId}.${randomBytes(32).toString('base64url')}`;

/** Whose session a refresh token is of, by what it says; undefined when it is none of ours. */
const parseRefreshToken = (token: string): { userId: number; sessionId: string } | undefined => {
  const [, userId, sessionId] = /^([1-9]\d{0,15})\.([0-9a-f-]{36})\.[\w-]{43}$/.exec(token) ?? [];
  return userId === undefined || sessionId === undefined ? undefined : { userId: Number(userId), sessionId };
};

/**
 * Begins a session of a user.
 *
 * @returns its id and its first refresh token, of which only a hash is stored
 */
export const startSession = async (
  user: Pick<Actor, 'userId' | 'username'>,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<{ sessionId: string; refreshToken: string }> => {
  const sessionId = randomUUID();
  const refreshToken = newRefreshToken(user.userId, sessionId);
  await sessions.insert({
    sessionId,
    userId: user.userId,
    username: user.username,
    tokenHash: hashToken(refreshToken),
    expiresAt: epochSeconds(clock()) + limits.refresh_token_seconds,
  });
  return { sessionId, refreshToken };
};

/** What became of a refresh token that was presented. */
export type Rotation =
  | {
      readonly outcome: 'rotated';
      readonly subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>;
      readonly refreshToken: string;
    }
  /** It had been rotated away: somebody else may have it. Its whole session has been ended. */
  | { readonly outcome: 'reused'; readonly userId: number; readonly sessionId: string };

export interface RotationEffects extends SessionEffects {
  readonly assertPace: (pace: 'refreshes', userId: number) => Promise<void>;
}

/** Exchanges a refresh token for the next one of its session. @throws ServiceError `invalid_refresh_token` or `rate_limited` */
export const rotateRefreshToken = async (
  token: string,
  { sessions, clock, assertPace }: RotationEffects = {
    ...liveSessions,
    assertPace: (pace, userId) => takePace(pace, userId),
  },
): Promise<Rotation> => {
  const named = parseRefreshToken(token);
  if (named === undefined) throw new ServiceError('invalid_refresh_token');
  const { userId, sessionId } = named;
  const now = epochSeconds(clock());
  const session = await sessions.find(userId, sessionId, now);
  if (session === undefined) throw new ServiceError('invalid_refresh_token');
  // A token that is not the session's must not use up its user's pace.
  if (session.tokenHash === hashToken(token)) await assertPace('refreshes', userId);
  const refreshToken = newRefreshToken(userId, sessionId);
  const isRotated = await sessions.rotate(
    named,
    { from: hashToken(token), to: hashToken(refreshToken) },
    now + limits.refresh_token_seconds,
  );
  if (isRotated) {
    return {
      outcome: 'rotated',
      subject: { userId, sessionId, username: session.username },
      refreshToken,
    };
  }
  await sessions.remove(userId, sessionId);
  return { outcome: 'reused', userId, sessionId };
};

/** Ends the session of a refresh token, if it is one. @returns whose it was */
export const endSessionOfToken = async (
  token: string,
  { sessions }: Pick<SessionEffects, 'sessions'> = liveSessions,
): Promise<{ userId: number; sessionId: string } | undefined> => {
  const named = parseRefreshToken(token);
  if (named !== undefined) await sessions.remove(named.userId, named.sessionId);
  return named;
};

/** Ends all sessions of a user, or all but one. @returns their ids */
export const endSessions = async (
  userId: number,
  exceptId: string | null,
  { sessions }: Pick<SessionEffects, 'sessions'> = liveSessions,
): Promise<string[]> => {
  const ids = (await sessions.listIds(userId)).filter((id) => id !== exceptId);
  await Promise.all(ids.map((id) => sessions.remove(userId, id)));
  return ids;
};

/** Asks whether a session was not ended, and remembers nothing. @throws ServiceError `session_revoked` */
export const assertSessionIsLiveNow = async (
  { userId, sessionId }: Actor,
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<void> => {
  const session = await sessions.find(userId, sessionId, epochSeconds(clock()));
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
