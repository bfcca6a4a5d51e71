import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createSessionRepository, type SessionRepository } from '../repositories/dynamodb/sessions.ts';
import { limits } from '../routes/limits.ts';
import type { Actor } from './actor.ts';
import { ServiceError } from './service-error.ts';

export interface SessionEffects {
  readonly sessions: SessionRepository;
  readonly clock: Clock;
}

const liveEffects: SessionEffects = {
  sessions: createSessionRepository(dynamodb, () => environmentOf('sessions').SESSIONS_TABLE),
  clock: systemClock,
};

const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/**
 * Begins a session of a user.
 *
 * @returns its id and its first refresh token, of which only a hash is stored
 */
export const startSession = async (
  userId: number,
  { sessions, clock }: SessionEffects = liveEffects,
): Promise<{ sessionId: string; refreshToken: string }> => {
  const sessionId = randomUUID();
  // The token says whose it is, so that refreshing finds the session without an index.
  const refreshToken = `${userId}.${sessionId}.${randomBytes(32).toString('base64url')}`;
  await sessions.insert({
    sessionId,
    userId,
    tokenHash: hashToken(refreshToken),
    expiresAt: epochSeconds(clock()) + limits.refresh_token_seconds,
  });
  return { sessionId, refreshToken };
};

/** A revoked session is refused this many seconds after at the latest. */
const CHECK_SECONDS = 60;
const REMEMBERED_MAX = 10_000;

/** Checks that sessions were not ended, and remembers each check for less than a minute. */
export const createSessionCheck = ({ sessions, clock }: SessionEffects = liveEffects) => {
  const checkedAt = new Map<string, number>();
  /** @throws ServiceError `session_revoked` */
  return async (actor: Actor): Promise<void> => {
    const now = epochSeconds(clock());
    const last = checkedAt.get(actor.sessionId);
    if (last !== undefined && now - last < CHECK_SECONDS) return;
    const session = await sessions.find(actor.userId, actor.sessionId, now);
    if (session === undefined) {
      checkedAt.delete(actor.sessionId);
      throw new ServiceError('session_revoked');
    }
    if (checkedAt.size >= REMEMBERED_MAX) checkedAt.clear();
    checkedAt.set(actor.sessionId, now);
  };
};

/** The function's own check, with what it remembers. */
export const assertSessionIsLive = createSessionCheck();
