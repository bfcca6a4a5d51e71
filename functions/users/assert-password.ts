import { ServiceError } from '../contract/service-error.ts';
import { withinPasswordLimit } from '../rate-limits/within-password-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from './live.ts';
import { verifyPassword } from './passwords.ts';
import type { UserStore } from './stores/users.ts';

export interface PasswordCheckEffects {
  readonly withinPasswordLimit: <T>(actor: Actor, run: () => Promise<T>) => Promise<T>;
  readonly users: Pick<UserStore, 'findPasswordHash'>;
}

/** The live effects of checking passwords in this stage. */
export const livePasswordCheck: PasswordCheckEffects = {
  withinPasswordLimit: (actor, run) => withinPasswordLimit(actor, run),
  users: userStore,
};

/**
 * Verifies the password of a logged-in user, within the limit on the session's failures.
 *
 * @returns the stored hash of the password
 * @throws ServiceError `wrong_password` or `rate_limited`
 */
export const assertPassword = async (
  actor: Actor,
  password: string,
  { users, withinPasswordLimit: withinLimit }: PasswordCheckEffects,
): Promise<string> =>
  withinLimit(actor, async () => {
    const hash = await users.findPasswordHash(actor.userId);
    const matches = await verifyPassword(password, hash);
    if (hash === undefined || !matches) throw new ServiceError('wrong_password');
    return hash;
  });
