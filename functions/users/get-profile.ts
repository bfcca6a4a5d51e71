import type { PublicProfile } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock } from '../platform/clock.ts';
import { findPresences, type FindPresencesEffects } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';
import { toPublicProfile } from './to-public-profile.ts';

export interface GetProfileEffects extends FindPresencesEffects {
  readonly users: Pick<UserStore, 'findForViewer'>;
}

const liveEffects: GetProfileEffects = { users: userStore, connections: liveConnections, clock: systemClock };

/** A user's public profile. @throws ServiceError `profile_not_found`, for a deactivated account too */
export const getProfile = async (
  actor: Pick<Actor, 'userId'>,
  userId: number,
  effects: GetProfileEffects = liveEffects,
): Promise<PublicProfile> => {
  const user = await effects.users.findForViewer(userId, actor.userId);
  if (user === undefined) throw new ServiceError('profile_not_found');
  return toPublicProfile(user, await findPresences([user.id], effects));
};
