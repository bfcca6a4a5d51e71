import { systemClock, type Clock } from '../platform/clock.ts';
import type { UserRepository } from '../repositories/mysql/users.ts';
import type { OwnProfile } from '../routes/schemas.ts';
import type { RegisterBody } from '../routes/users.ts';
import { hashPassword } from './passwords.ts';
import { withinRegistrationLimit } from './rate-limits.ts';
import { ServiceError } from './service-error.ts';
import { liveUsers, toOwnProfile } from './users.ts';

export interface RegistrationEffects {
  readonly users: Pick<UserRepository, 'insert'>;
  readonly clock: Clock;
  readonly withinLimit: typeof withinRegistrationLimit;
}

const liveEffects: RegistrationEffects = {
  users: liveUsers.users,
  clock: systemClock,
  withinLimit: withinRegistrationLimit,
};

/**
 * Creates an account.
 *
 * @param address where it comes from, for the limit on accounts
 * @throws ServiceError `username_taken`, `email_taken` or `rate_limited`
 */
export const registerUser = async (
  input: RegisterBody,
  address: string,
  { users, clock, withinLimit }: RegistrationEffects = liveEffects,
): Promise<OwnProfile> =>
  withinLimit(address, async () => {
    const inserted = await users.insert({
      username: input.username,
      email: input.email,
      hashed_password: await hashPassword(input.password),
      full_name: input.full_name ?? null,
      created_at: clock(),
    });
    if (inserted === 'username_taken' || inserted === 'email_taken') throw new ServiceError(inserted);
    return toOwnProfile(inserted);
  });
