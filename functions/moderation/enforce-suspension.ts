import { systemClock, type Clock } from '../platform/clock.ts';
import { closeConnections } from '../presence/end-connections.ts';
import { isSuspended } from '../sessions/account-suspended.ts';
import { liveSessions } from '../sessions/live.ts';
import type { SessionStore } from '../sessions/stores/sessions.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';

export interface EnforceSuspensionEffects {
  readonly users: Pick<UserStore, 'findSuspendedUntil'>;
  readonly sessions: Pick<SessionStore, 'list' | 'setSuspendedUntil'>;
  /** Closes all connections of a user. @throws when they could not be looked up */
  readonly closeConnections: (userId: number) => Promise<void>;
  readonly clock: Clock;
}

const liveEnforcement: EnforceSuspensionEffects = {
  users: userStore,
  sessions: liveSessions.sessions,
  closeConnections: (userId) => closeConnections(userId, null, 'account_suspended'),
  clock: systemClock,
};

/**
 * Brings an account's sessions and connections in line with its suspension in MySQL: sets or clears the mark on its
 * sessions, and closes the connections of a suspended account. Idempotent; repeats itself when a moderator changed
 * the suspension meanwhile, so that the latest decision wins.
 *
 * Runs after the decision is committed. A log-in that starts a session later finds the decision in MySQL; a connection
 * that is registered later finds the mark on its session.
 */
export const enforceSuspension = async (
  userId: number,
  effects: EnforceSuspensionEffects = liveEnforcement,
): Promise<void> => {
  const { users, sessions, clock } = effects;
  let until = await users.findSuspendedUntil(userId);
  for (;;) {
    const suspended = isSuspended(until, clock()) ? until : null;
    const ids = (await sessions.list(userId)).map(({ sessionId }) => sessionId);
    const seconds = suspended === null ? 0 : Math.ceil(suspended.getTime() / 1000);
    await sessions.setSuspendedUntil(userId, ids, seconds);
    if (suspended !== null) await effects.closeConnections(userId);
    const now = await users.findSuspendedUntil(userId);
    if (now?.getTime() === until?.getTime()) return;
    until = now;
  }
};
