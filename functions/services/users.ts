import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import { createUserRepository, type UserRepository, type UserRow } from '../repositories/mysql/users.ts';
import type { OwnProfile } from '../routes/schemas.ts';
import type { RegisterBody } from '../routes/users.ts';
import type { Actor } from './actor.ts';
import { hashPassword } from './passwords.ts';
import { ServiceError } from './service-error.ts';

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

/** The caller's own profile. @throws ServiceError `session_revoked` when the account is gone */
export const getOwnProfile = async (
  actor: Actor,
  { users }: Pick<UserEffects, 'users'> = liveUsers,
): Promise<OwnProfile> => {
  const user = await users.findById(actor.userId);
  if (user === undefined || !user.is_active) throw new ServiceError('session_revoked');
  return toOwnProfile(user);
};
