import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { withinRegistrationLimits } from '../rate-limits/rate-limits.ts';
import type { OwnProfile } from './contract.ts';
import type { RegisterBody } from './contract.ts';
import { liveUsers, toOwnProfile } from './get-own-profile.ts';
import { hashPassword } from './passwords.ts';
import type { UserStore } from './stores/users.ts';

export interface RegistrationEffects {
  readonly users: Pick<UserStore, 'findTaken' | 'insert'>;
  readonly clock: Clock;
  readonly withinLimits: typeof withinRegistrationLimits;
}

const liveEffects: RegistrationEffects = {
  users: liveUsers.users,
  clock: systemClock,
  withinLimits: withinRegistrationLimits,
};

/**
 * Creates an account. Whether the names are free is asked before the password is hashed, which takes long, and decided
 * when the account is stored.
 *
 * @param address where it comes from, for the limits
 * @throws ServiceError `username_taken`, `email_taken` or `rate_limited`
 */
export const registerUser = async (
  input: RegisterBody,
  address: string,
  { users, clock, withinLimits }: RegistrationEffects = liveEffects,
): Promise<OwnProfile> => {
  const look = async (): Promise<void> => {
    const taken = await users.findTaken(input);
    if (taken !== undefined) throw new ServiceError(taken);
  };
  return withinLimits(address, look, async () => {
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
};
