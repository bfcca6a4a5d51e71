import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { endConnections } from '../presence/end-connections.ts';
import { assertRateLimit } from '../rate-limits/assert-rate-limit.ts';
import { withinLoginLimits } from '../rate-limits/within-login-limits.ts';
import { userStore } from '../users/live.ts';
import { passwordFingerprint } from '../users/password-fingerprint.ts';
import { verifyPassword } from '../users/passwords.ts';
import type { SecondFactor } from '../second-factor/stores/second-factors.ts';
import { consumeCode } from '../second-factor/consume-code.ts';
import type { UserStore } from '../users/stores/users.ts';
import { issueAccessToken } from './access-tokens.ts';
import { accountSuspended, isSuspended } from './account-suspended.ts';
import type { Actor } from './actor.ts';
import type { LoginBody, Tokens } from './contract.ts';
import { endSurplusSessions } from './end-sessions.ts';
import { liveSessions } from './live.ts';
import { startSession } from './start-session.ts';

export interface LoginEffects {
  readonly users: Pick<UserStore, 'findByLogin' | 'confirmAccess' | 'findSuspendedUntil'>;
  readonly clock: Clock;
  readonly withinLimits: typeof withinLoginLimits;
  readonly assertRateLimit: (kind: 'logins', userId: number) => Promise<void>;
  readonly verifyPassword: typeof verifyPassword;
  readonly consumeCode: (
    userId: number,
    factor: Pick<SecondFactor, 'secret' | 'lastStep'>,
    code: string,
  ) => Promise<void>;
  readonly startSession: (
    user: Pick<Actor, 'userId' | 'username'>,
    passwordHash: string,
    userAgent: string,
  ) => Promise<{ sessionId: string; refreshToken: string }>;
  readonly endSurplusSessions: (userId: number) => Promise<string[]>;
  readonly removeSession: (key: Pick<Actor, 'userId' | 'sessionId'>) => Promise<unknown>;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
  readonly issueAccessToken: (subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>) => Promise<string>;
}

const liveEffects: LoginEffects = {
  users: userStore,
  clock: systemClock,
  withinLimits: withinLoginLimits,
  assertRateLimit: (kind, userId) => assertRateLimit(kind, userId),
  verifyPassword,
  consumeCode: (userId, factor, code) => consumeCode(userId, factor, code),
  startSession: (user, passwordHash, userAgent) => startSession(user, passwordHash, userAgent),
  endSurplusSessions: (userId) => endSurplusSessions(userId),
  removeSession: (key) => liveSessions.sessions.remove(key),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
  issueAccessToken: (subject) => issueAccessToken(subject),
};

/** The origin of a log-in. */
export interface LoginOrigin {
  /** The client's IP address, for the limits on failures. */
  readonly address: string;
  /** The `User-Agent` of the request, by which the user recognises the session. */
  readonly userAgent: string;
}

/**
 * Starts a session for a user who proves their identity by their user name or e-mail address, their password, and a
 * code of the second factor where the account has one. May end the user's oldest sessions, see `endSurplusSessions`.
 *
 * @throws ServiceError `invalid_credentials`for a wrong name and a wrong password alike; `account_suspended`,
 *   `totp_required` or `invalid_totp`, after the right password only; `rate_limited`
 */
export const logIn = async (
  input: LoginBody,
  { address, userAgent }: LoginOrigin,
  effects: LoginEffects = liveEffects,
): Promise<Tokens> => {
  const find = async () => {
    const found = await effects.users.findByLogin(input.username);
    return found === undefined ? { name: input.username } : { userId: found.id, found };
  };
  const { subject, refreshToken } = await effects.withinLimits(find, address, async (named) => {
    const found = 'found' in named ? named.found : undefined;
    const matches = await effects.verifyPassword(input.password, found?.hashed_password);
    if (found === undefined || !matches || !found.is_active) throw new ServiceError('invalid_credentials');
    // Checked after the password, so that only the owner learns of the suspension.
    if (isSuspended(found.suspended_until, effects.clock())) throw accountSuspended(found.suspended_until);
    const { second_factor: factor } = found;
    if (factor !== undefined && input.totp === undefined) throw new ServiceError('totp_required');
    if (factor !== undefined) await effects.consumeCode(found.id, factor, input.totp ?? '');
    // Taken after all proofs: otherwise somebody who knows only the password could use up the owner's rate limit.
    await effects.assertRateLimit('logins', found.id);
    return beginSession(found, userAgent, effects);
  });
  return {
    access_token: await effects.issueAccessToken(subject),
    token_type: 'bearer',
    expires_in: limits.access_token_seconds,
    refresh_token: refreshToken,
  };
};

/**
 * Stores a session, and then checks that the account is still active, not suspended, and has the password that was
 * verified. In this order, since a later change of the password, deletion or suspension of the account finds the
 * session.
 */
const beginSession = async (
  user: { readonly id: number; readonly username: string; readonly hashed_password: string },
  userAgent: string,
  effects: LoginEffects,
) => {
  const { sessionId, refreshToken } = await effects.startSession(
    { userId: user.id, username: user.username },
    user.hashed_password,
    userAgent,
  );
  const subject = { userId: user.id, username: user.username, sessionId };
  try {
    const fingerprint = passwordFingerprint(user.hashed_password);
    const [isConfirmed, surplus] = await Promise.all([
      effects.users.confirmAccess(user.id, [fingerprint], effects.clock()),
      effects.endSurplusSessions(user.id),
    ]);
    if (surplus.length > 0) await effects.endConnections(user.id, surplus);
    if (!isConfirmed) {
      const until = await effects.users.findSuspendedUntil(user.id);
      throw isSuspended(until, effects.clock())
        ? accountSuspended(until)
        : new ServiceError('invalid_credentials');
    }
  } catch (error) {
    // The tokens of the session were never handed out.
    await effects.removeSession(subject);
    throw error;
  }
  return { subject, refreshToken };
};
