import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { livePasswords, type PasswordEffects } from './change-password.ts';
import { assertPassword } from './current-password.ts';
import { depart, liveDeparture, type DepartureEffects } from './departure.ts';
import { userStore } from './live.ts';
import { type UserStore } from './stores/users.ts';

export interface DeleteAccountEffects
  extends Pick<PasswordEffects, 'withinPasswordLimit' | 'endConnections'>, DepartureEffects {
  readonly users: Pick<UserStore, 'findPasswordHashOfAny' | 'deactivate' | 'setDeparted'>;
}

const liveEffects: DeleteAccountEffects = {
  ...liveDeparture,
  users: userStore,
  withinPasswordLimit: livePasswords.withinPasswordLimit,
  endConnections: livePasswords.endConnections,
};

/** Thousands of groups are left within this time; what is left then is the job's. */
const LEAVING_MS = 2500;

/**
 * Deactivates an account: its other sessions end, it can log in no more and be added nowhere, it leaves its groups as
 * anyone does, and then the session that asks ends too. Its direct chats and its messages stay, under another name.
 *
 * It can be repeated after each step: the session that asks is the last to end, and the password is compared also when
 * the account is deactivated already. What nobody repeats, the job `finish-departures` finishes.
 *
 * @returns the events of leaving its groups
 * @throws ServiceError `wrong_password` or `rate_limited`
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
  await effects.endConnections(userId, await effects.endSessions(userId, sessionId));
  await users.deactivate(userId);
  const { events } = await depart(userId, effects.clock().getTime() + LEAVING_MS, effects);
  return { result: null, events };
};
