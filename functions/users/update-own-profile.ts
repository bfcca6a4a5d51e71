import { ServiceError } from '../contract/service-error.ts';
import { withinEmailChangeLimit } from '../rate-limits/mail-limits.ts';
import { assertCode } from '../second-factor/assert-code.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertPassword, livePasswordCheck, type PasswordCheckEffects } from './assert-password.ts';
import type { OwnProfile, UpdateProfileBody } from './contract.ts';
import { getChangedProfile, liveOwnProfile, type GetOwnProfileEffects } from './get-own-profile.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface UpdateProfileEffects extends PasswordCheckEffects, GetOwnProfileEffects {
  readonly users: Pick<UserStore, 'findById' | 'findPasswordHash' | 'update'>;
  readonly withinEmailChangeLimit: <T>(userId: number, change: () => Promise<T>) => Promise<T>;
  readonly assertCode: (
    actor: Actor,
    code: string | undefined,
    isAsked: () => Promise<boolean>,
  ) => Promise<void>;
}

const liveEffects: UpdateProfileEffects = {
  ...livePasswordCheck,
  ...liveOwnProfile,
  users: userStore,
  withinEmailChangeLimit: (userId, change) => withinEmailChangeLimit(userId, change),
  assertCode: (actor, code, isAsked) => assertCode(actor, code, isAsked),
};

/**
 * Changes the caller's own profile. A new e-mail address, which is also a log-in name, requires the password, so that
 * a stolen token can neither take over the account nor probe which addresses exist. With a second factor, it requires
 * a code as well: a password reset through an unverified address removes the factor.
 *
 * @throws ServiceError `wrong_password`, `invalid_totp`, `rate_limited`, `email_taken`; `session_revoked` when the
 *   account has been deactivated
 */
export const updateOwnProfile = async (
  actor: Actor,
  { full_name: fullName, email, password, code }: UpdateProfileBody,
  effects: UpdateProfileEffects = liveEffects,
): Promise<OwnProfile> => {
  const passwordHash = email === undefined ? undefined : await assertPassword(actor, password ?? '', effects);
  /** The present address, when it made a code unnecessary: it is the one that was given. */
  let present: string | undefined;
  const update = async (): Promise<'updated' | 'not_found'> => {
    const result = await effects.users.update(
      actor.userId,
      {
        ...(fullName === undefined ? {} : { full_name: fullName }),
        ...(email === undefined ? {} : { email }),
      },
      { passwordHash, email: present },
    );
    if (result === 'email_taken') throw new ServiceError('email_taken');
    return result;
  };
  const result = await (email === undefined
    ? update()
    : effects.withinEmailChangeLimit(actor.userId, async () => {
        await effects.assertCode(actor, code, async () => {
          const before = (await effects.users.findById(actor.userId))?.email;
          if (before?.toLowerCase() !== email.toLowerCase()) return true;
          present = before;
          return false;
        });
        return update();
      }));
  const profile = await getChangedProfile(actor, effects);
  // The address was changed after it had been compared, or the password after it had been verified.
  if (result === 'not_found') {
    throw new ServiceError(present === undefined ? 'wrong_password' : 'invalid_totp');
  }
  return profile;
};
