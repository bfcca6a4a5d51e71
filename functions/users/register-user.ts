import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { withinRegistrationLimits } from '../rate-limits/within-registration-limits.ts';
import type { OwnProfile, RegisterBody } from './contract.ts';
import { userStore } from './live.ts';
import { toOwnProfile } from './own-profile.ts';
import { hashPassword } from './passwords.ts';
import type { UserStore } from './stores/users.ts';

export interface RegistrationEffects {
  readonly users: Pick<UserStore, 'findTaken' | 'insert'>;
  readonly clock: Clock;
  readonly withinLimits: typeof withinRegistrationLimits;
}

const liveEffects: RegistrationEffects = {
  users: userStore,
  clock: systemClock,
  withinLimits: withinRegistrationLimits,
};

/**
 * Creates an account. Whether the names are free is looked up before hashing the password, which is slow; the unique
 * keys decide when the account is stored.
 *
 * @param address the client's IP address, for the rate limits
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
