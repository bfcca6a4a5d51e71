import { randomUUID } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import { epochSeconds } from '../platform/clock.ts';
import { passwordFingerprint } from '../users/password-fingerprint.ts';
import type { Actor } from './actor.ts';
import { liveSessions, type SessionEffects } from './live.ts';
import { newRefreshToken, newTokenKey } from './refresh-tokens.ts';
import { toUserAgent } from './user-agent.ts';

/**
 * Stores a new session of a user whose password has just been verified.
 *
 * @param passwordHash the stored hash of that password
 * @param userAgent the `User-Agent` of the log-in
 * @returns the session's id and its first refresh token
 */
export const startSession = async (
  user: Pick<Actor, 'userId' | 'username'>,
  passwordHash: string,
  userAgent: string,
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
    userAgent: toUserAgent(userAgent),
    expiresAt: epochSeconds(now) + limits.refresh_token_seconds,
  });
  return { sessionId: key.sessionId, refreshToken: token };
};
