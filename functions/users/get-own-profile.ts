import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import type { OwnProfile } from './contract.ts';
import { userStore } from './live.ts';
import { type UserStore, type UserRow } from './stores/users.ts';

export interface UserEffects {
  readonly users: UserStore;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

/** The users of this stage. */
export const liveUsers: UserEffects = {
  users: userStore,
  connections: liveConnections,
  clock: systemClock,
};

/** A user as they see themselves. */
export const toOwnProfile = (user: UserRow): OwnProfile => ({
  id: user.id,
  username: user.username,
  email: user.email,
  full_name: user.full_name,
  is_active: user.is_active,
  created_at: user.created_at.toISOString(),
  last_seen: user.last_seen?.toISOString() ?? null,
});

/** The caller's own profile. @throws ServiceError `session_revoked` when the account is gone */
export const getOwnProfile = async (actor: Actor, effects: UserEffects = liveUsers): Promise<OwnProfile> => {
  const [user, presences] = await Promise.all([
    effects.users.findById(actor.userId),
    findPresences([actor.userId], effects),
  ]);
  if (user === undefined || !user.is_active) throw new ServiceError('session_revoked');
  return { ...toOwnProfile(user), last_seen: presences.lastSeen(user) };
};
