import { ServiceError } from '../contract/service-error.ts';
import { endConnections } from '../presence/end-connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { endSessions, liveSessions } from '../sessions/sessions.ts';
import type { SessionStore } from '../sessions/stores/sessions.ts';
import type { ChangePasswordBody } from './contract.ts';
import { assertPassword, livePasswordCheck, type PasswordCheckEffects } from './current-password.ts';
import { userStore } from './live.ts';
import { passwordFingerprint } from './password-fingerprint.ts';
import { hashPassword } from './passwords.ts';
import { type UserStore } from './stores/users.ts';

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

/** Passwords and sessions of this stage. */
export const livePasswords: PasswordEffects = {
  ...livePasswordCheck,
  users: userStore,
  sessions: liveSessions.sessions,
  endSessions: (userId, exceptId, newPasswordHash) => endSessions(userId, exceptId, newPasswordHash),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * Changes the password and ends every other session of the user, also those whose log-in with the old password is
 * under way: a log-in and a refresh ask for the password again after they have stored their session. Of two changes at
 * once one succeeds; the other finds its `current_password` wrong.
 *
 * @throws ServiceError `wrong_password`, `rate_limited`; `session_revoked` when the caller's session has ended meanwhile
 */
export const changePassword = async (
  actor: Actor,
  input: ChangePasswordBody,
  effects: PasswordEffects = livePasswords,
): Promise<void> => {
  const { users, sessions } = effects;
  const from = await assertPassword(actor, input.current_password, effects);
  const to = await hashPassword(input.new_password);
  // Noted before the password is set: a refresh of this very session goes on at any moment.
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
