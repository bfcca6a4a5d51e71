import { ServiceError } from '../contract/service-error.ts';
import { systemClock } from '../platform/clock.ts';
import {
  findPresences,
  findPresencesIfKnown,
  type FindPresencesEffects,
} from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { OwnProfile } from './contract.ts';
import { userStore } from './live.ts';
import { toOwnProfile } from './own-profile.ts';
import type { UserStore } from './stores/users.ts';

export interface GetOwnProfileEffects extends FindPresencesEffects {
  readonly users: Pick<UserStore, 'findById'>;
}

/** The live effects of reading one's own profile in this stage. */
export const liveOwnProfile: GetOwnProfileEffects = {
  users: userStore,
  connections: liveConnections,
  clock: systemClock,
};

const readProfile = async (
  { userId }: Actor,
  effects: GetOwnProfileEffects,
  find: typeof findPresences,
): Promise<OwnProfile> => {
  const [user, presences] = await Promise.all([effects.users.findById(userId), find([userId], effects)]);
  if (user === undefined || !user.is_active) throw new ServiceError('session_revoked');
  return { ...toOwnProfile(user), last_seen: presences.lastSeen(user) };
};

/** The caller's own profile. @throws ServiceError `session_revoked` when the account has been deactivated */
export const getOwnProfile = (
  actor: Actor,
  effects: GetOwnProfileEffects = liveOwnProfile,
): Promise<OwnProfile> => readProfile(actor, effects, findPresences);

/** Like `getOwnProfile`, for the response to a stored change. */
export const getChangedProfile = (actor: Actor, effects: GetOwnProfileEffects): Promise<OwnProfile> =>
  readProfile(actor, effects, findPresencesIfKnown);
