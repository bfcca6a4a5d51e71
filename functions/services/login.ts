import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import { createUserRepository, type UserRepository } from '../repositories/mysql/users.ts';
import { limits } from '../routes/limits.ts';
import type { LoginBody, Tokens } from '../routes/users.ts';
import type { Actor } from './actor.ts';
import { verifyPassword } from './passwords.ts';
import { assertPace, withinLoginLimits } from './rate-limits.ts';
import { ServiceError } from './service-error.ts';
import { startSession } from './sessions.ts';
import { issueAccessToken } from './tokens.ts';

export interface LoginEffects {
  readonly users: Pick<UserRepository, 'findByLogin' | 'touchLastSeen'>;
  readonly clock: Clock;
  readonly withinLimits: typeof withinLoginLimits;
  readonly assertPace: (pace: 'logins', userId: number) => Promise<void>;
  readonly verifyPassword: typeof verifyPassword;
  readonly startSession: (
    user: Pick<Actor, 'userId' | 'username'>,
  ) => Promise<{ sessionId: string; refreshToken: string }>;
  readonly issueAccessToken: (subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>) => Promise<string>;
}

const liveEffects: LoginEffects = {
  users: createUserRepository(mysql),
  clock: systemClock,
  withinLimits: withinLoginLimits,
  assertPace: (pace, userId) => assertPace(pace, userId),
  verifyPassword,
  startSession: (user) => startSession(user),
  issueAccessToken: (subject) => issueAccessToken(subject),
};

/**
 * Begins a session for whoever knows the password of that user name or e-mail address.
 *
 * @param address where it comes from, for the limit on failures
 * @throws ServiceError `invalid_credentials`, whichever of the two was wrong; `rate_limited`
 */
export const logIn = async (
  input: LoginBody,
  address: string,
  effects: LoginEffects = liveEffects,
): Promise<Tokens> => {
  const find = async () => {
    const found = await effects.users.findByLogin(input.username);
    return found === undefined ? { name: input.username } : { userId: found.id, found };
  };
  const user = await effects.withinLimits(find, address, async (subject) => {
    const found = 'found' in subject ? subject.found : undefined;
    const matches = await effects.verifyPassword(input.password, found?.hashed_password);
    if (found === undefined || !matches || !found.is_active) throw new ServiceError('invalid_credentials');
    // Only now: somebody who does not know the password must not use up the pace of who does.
    await effects.assertPace('logins', found.id);
    return found;
  });
  const [{ sessionId, refreshToken }] = await Promise.all([
    effects.startSession({ userId: user.id, username: user.username }),
    effects.users.touchLastSeen(user.id, effects.clock()),
  ]);
  return {
    access_token: await effects.issueAccessToken({ userId: user.id, username: user.username, sessionId }),
    token_type: 'bearer',
    expires_in: limits.access_token_seconds,
    refresh_token: refreshToken,
  };
};
