import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import { createUserRepository, type UserRepository, type UserRow } from '../repositories/mysql/users.ts';
import { limits } from '../routes/limits.ts';
import type { OwnProfile } from '../routes/schemas.ts';
import type { LoginBody, RegisterBody, Tokens } from '../routes/users.ts';
import type { Actor } from './actor.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { ServiceError } from './service-error.ts';
import { startSession } from './sessions.ts';
import { issueAccessToken } from './tokens.ts';

export interface UserEffects {
  readonly users: UserRepository;
  readonly clock: Clock;
}

const liveUsers: UserEffects = { users: createUserRepository(mysql), clock: systemClock };

const toOwnProfile = (user: UserRow): OwnProfile => ({
  id: user.id,
  username: user.username,
  email: user.email,
  full_name: user.full_name,
  is_active: user.is_active,
  created_at: user.created_at.toISOString(),
  last_seen: user.last_seen?.toISOString() ?? null,
});

/** Creates an account. @throws ServiceError `username_taken` or `email_taken` */
export const registerUser = async (
  input: RegisterBody,
  { users, clock }: UserEffects = liveUsers,
): Promise<OwnProfile> => {
  const inserted = await users.insert({
    username: input.username,
    email: input.email,
    hashed_password: await hashPassword(input.password),
    full_name: input.full_name ?? null,
    created_at: clock(),
  });
  if (inserted === 'username_taken' || inserted === 'email_taken') throw new ServiceError(inserted);
  return toOwnProfile(inserted);
};

export interface LoginEffects extends UserEffects {
  readonly startSession: (userId: number) => Promise<{ sessionId: string; refreshToken: string }>;
  readonly issueAccessToken: (subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>) => Promise<string>;
}

const liveLogin: LoginEffects = {
  users: liveUsers.users,
  clock: liveUsers.clock,
  startSession: (userId) => startSession(userId),
  issueAccessToken: (subject) => issueAccessToken(subject),
};

/**
 * Begins a session for whoever knows the password of that user name or e-mail address.
 *
 * @throws ServiceError `invalid_credentials`, whichever of the two was wrong
 */
export const logIn = async (input: LoginBody, effects: LoginEffects = liveLogin): Promise<Tokens> => {
  const user = await effects.users.findByLogin(input.username);
  const matches = await verifyPassword(input.password, user?.hashed_password);
  if (user === undefined || !matches || !user.is_active) throw new ServiceError('invalid_credentials');
  const [{ sessionId, refreshToken }] = await Promise.all([
    effects.startSession(user.id),
    effects.users.touchLastSeen(user.id, effects.clock()),
  ]);
  return {
    access_token: await effects.issueAccessToken({ userId: user.id, username: user.username, sessionId }),
    token_type: 'bearer',
    expires_in: limits.access_token_seconds,
    refresh_token: refreshToken,
  };
};

/** The caller's own profile. @throws ServiceError `session_revoked` when the account is gone */
export const getOwnProfile = async (
  actor: Actor,
  { users }: Pick<UserEffects, 'users'> = liveUsers,
): Promise<OwnProfile> => {
  const user = await users.findById(actor.userId);
  if (user === undefined || !user.is_active) throw new ServiceError('session_revoked');
  return toOwnProfile(user);
};
