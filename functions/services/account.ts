import { mysql } from '../platform/mysql.ts';
import { createUserRepository, type UserRepository } from '../repositories/mysql/users.ts';
import type { ChangePasswordBody } from '../routes/users.ts';
import type { Actor } from './actor.ts';
import { endConnections } from './end-connections.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { withinPasswordLimit } from './rate-limits.ts';
import { ServiceError } from './service-error.ts';
import { endSessions } from './sessions.ts';

export interface PasswordEffects {
  readonly withinPasswordLimit: <T>(userId: number, run: () => Promise<T>) => Promise<T>;
  readonly users: Pick<UserRepository, 'findPasswordHash' | 'setPasswordHash'>;
  readonly endSessions: (userId: number, exceptId: string | null) => Promise<string[]>;
  readonly endConnections: (userId: number, sessionIds: readonly string[] | null) => Promise<void>;
}

/** Passwords and sessions of this stage. */
export const livePasswords: PasswordEffects = {
  withinPasswordLimit: (userId, run) => withinPasswordLimit(userId, run),
  users: createUserRepository(mysql),
  endSessions: (userId, exceptId) => endSessions(userId, exceptId),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/** @throws ServiceError `wrong_password` or `rate_limited` */
export const assertPassword = async (
  actor: Actor,
  password: string,
  {
    users,
    withinPasswordLimit,
  }: Pick<PasswordEffects, 'withinPasswordLimit'> & {
    readonly users: Pick<UserRepository, 'findPasswordHash'>;
  },
): Promise<void> =>
  withinPasswordLimit(actor.userId, async () => {
    const hash = await users.findPasswordHash(actor.userId);
    if (!(await verifyPassword(password, hash))) throw new ServiceError('wrong_password');
  });

/** Changes the password and ends every other session of the user. @throws ServiceError `wrong_password` or `rate_limited` */
export const changePassword = async (
  actor: Actor,
  input: ChangePasswordBody,
  effects: PasswordEffects = livePasswords,
): Promise<void> => {
  await assertPassword(actor, input.current_password, effects);
  await effects.users.setPasswordHash(actor.userId, await hashPassword(input.new_password));
  const ended = await effects.endSessions(actor.userId, actor.sessionId);
  await effects.endConnections(actor.userId, ended);
};
