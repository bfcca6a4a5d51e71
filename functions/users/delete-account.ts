import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveSessions } from '../sessions/live.ts';
import type { SessionStore } from '../sessions/stores/sessions.ts';
import { assertPassword } from './assert-password.ts';
import { livePasswords, type PasswordEffects } from './change-password.ts';
import { depart, liveDeparture, type DepartureEffects } from './depart.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface DeleteAccountEffects
  extends Pick<PasswordEffects, 'withinPasswordLimit' | 'endConnections'>, DepartureEffects {
  readonly users: Pick<UserStore, 'findPasswordHashOfAny' | 'deactivate' | 'setAvatar' | 'setDeparted'>;
  readonly sessions: Pick<SessionStore, 'restrictToDeletion'>;
}

const liveEffects: DeleteAccountEffects = {
  ...liveDeparture,
  users: userStore,
  sessions: liveSessions.sessions,
  withinPasswordLimit: livePasswords.withinPasswordLimit,
  endConnections: livePasswords.endConnections,
};

/**
 * Time limit for leaving groups in the request, in milliseconds. Enough for thousands of groups; the job leaves the
 * rest.
 */
const LEAVING_MS = 2500;

/**
 * Deactivates an account. Its other sessions end, nobody can log in to it or add it to a chat, it leaves its groups
 * like a member who leaves, and finally the caller's session ends. Its direct chats and its messages stay, under a
 * placeholder name.
 *
 * The call can be repeated after a failure in any step: the caller's session ends last, and the password of a
 * deactivated account can still be verified. From the first step on, that session can only repeat the deletion. The
 * job `finish-departures` completes a deletion that is not repeated.
 *
 * @returns the events of leaving the groups
 * @throws ServiceError `wrong_password` or `rate_limited`; `session_revoked` when the caller's session has ended
 *   meanwhile
 */
export const deleteAccount = async (
  actor: Actor,
  password: string,
  effects: DeleteAccountEffects = liveEffects,
): Promise<Outcome<null>> => {
  const { userId, sessionId } = actor;
  const { users, withinPasswordLimit } = effects;
  await assertPassword(actor, password, {
    withinPasswordLimit,
    users: { findPasswordHash: (id) => users.findPasswordHashOfAny(id) },
  });
  if (!(await effects.sessions.restrictToDeletion(actor))) throw new ServiceError('session_revoked');
  const endOthers = async (): Promise<void> => {
    await effects.endSessions(userId, sessionId);
    // Including the connections of the caller's session: frames are accepted without checking the session.
    await effects.endConnections(userId, null);
  };
  await endOthers();
  await users.deactivate(userId);
  // Ends the session of a log-in that was confirmed just before the deactivation.
  await endOthers();
  const { events } = await depart(userId, effects.clock().getTime() + LEAVING_MS, effects);
  return { result: null, events };
};
