import { ServiceError } from '../contract/service-error.ts';
import { withinPasswordLimit } from '../rate-limits/rate-limits.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from './live.ts';
import { verifyPassword } from './passwords.ts';
import { type UserStore } from './stores/users.ts';

export interface PasswordCheckEffects {
  readonly withinPasswordLimit: <T>(actor: Actor, run: () => Promise<T>) => Promise<T>;
  readonly users: Pick<UserStore, 'findPasswordHash'>;
}

/** Passwords of this stage. */
export const livePasswordCheck: PasswordCheckEffects = {
  withinPasswordLimit: (actor, run) => withinPasswordLimit(actor, run),
  users: userStore,
};

/**
 * Asks a logged-in user for the password, within the limit of this session's failures.
 *
 * @returns the stored hash that the password fits
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
