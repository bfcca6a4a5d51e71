import { ServiceError } from '../contract/service-error.ts';
import { endConnections } from '../presence/end-connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { liveSessions } from '../sessions/live.ts';
import type { SessionStore } from '../sessions/stores/sessions.ts';
import { assertPassword, livePasswordCheck, type PasswordCheckEffects } from './assert-password.ts';
import type { ChangePasswordBody } from './contract.ts';
import { userStore } from './live.ts';
import { passwordFingerprint } from './password-fingerprint.ts';
import { hashPassword } from './passwords.ts';
import type { UserStore } from './stores/users.ts';

export interface PasswordEffects extends PasswordCheckEffects {
  readonly users: Pick<UserStore, 'findPasswordHash' | 'setPasswordHash'>;
  readonly sessions: Pick<SessionStore, 'addPassword' | 'removePassword'>;
  readonly endSessions: (
    userId: number,
    exceptId: string | null,
    newPasswordHash?: string,
  ) => Promise<string[]>;
  readonly endConnections: (userId: number, sessionIds: readonly string[] | null) => Promise<void>;
}

/** The live effects of passwords and sessions in this stage. */
export const livePasswords: PasswordEffects = {
  ...livePasswordCheck,
  users: userStore,
  sessions: liveSessions.sessions,
  endSessions: (userId, exceptId, newPasswordHash) => endSessions(userId, exceptId, newPasswordHash),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * Changes the password and ends every other session of the user, including concurrent log-ins with the old password: a
 * log-in and a refresh confirm the password again after they have stored their session. Of concurrent changes only one
 * succeeds; the others fail with `wrong_password`.
 *
 * @throws ServiceError `wrong_password`, `rate_limited`; `session_revoked` when the caller's session has ended
 *   meanwhile
 */
export const changePassword = async (
  actor: Actor,
  input: ChangePasswordBody,
  effects: PasswordEffects = livePasswords,
): Promise<void> => {
  const { users, sessions } = effects;
  const from = await assertPassword(actor, input.current_password, effects);
  const to = await hashPassword(input.new_password);
  // Added before the password is set, so that a concurrent refresh of this very session stays valid.
  if (!(await sessions.addPassword(actor, passwordFingerprint(to))))
    throw new ServiceError('session_revoked');
  if (!(await users.setPasswordHash(actor.userId, { from, to }))) {
    await sessions.removePassword(actor, passwordFingerprint(to));
    throw new ServiceError('wrong_password');
  }
  const [ended] = await Promise.all([
    effects.endSessions(actor.userId, actor.sessionId, to),
    sessions.removePassword(actor, passwordFingerprint(from)),
  ]);
  await effects.endConnections(actor.userId, ended);
};
