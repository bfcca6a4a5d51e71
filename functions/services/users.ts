import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { createUserRepository, type UserRepository, type UserRow } from '../repositories/mysql/users.ts';
import type { OwnProfile } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { liveConnections } from './live-connections.ts';
import { findPresences } from './online.ts';
import { ServiceError } from './service-error.ts';

export interface UserEffects {
  readonly users: UserRepository;
  readonly connections: Pick<ConnectionRepository, 'findByUsers'>;
  readonly clock: Clock;
}

/** The users of this stage. */
export const liveUsers: UserEffects = {
  users: createUserRepository(mysql),
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
