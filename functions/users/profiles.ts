import type { PublicProfile } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { userStore } from './live.ts';
import { createPeopleStore, type PeopleStore } from './stores/people-search.ts';
import { type UserStore, type UserRow } from './stores/users.ts';

export interface ProfileEffects {
  readonly users: Pick<UserStore, 'findById'>;
  readonly people: PeopleStore;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: ProfileEffects = {
  users: userStore,
  people: createPeopleStore(mysql),
  connections: liveConnections,
  clock: systemClock,
};

/** Users as others see them: never their e-mail address. */
const toProfiles = async (
  users: readonly UserRow[],
  effects: Pick<ProfileEffects, 'connections' | 'clock'>,
): Promise<PublicProfile[]> => {
  const presences = await findPresences(
    users.map(({ id }) => id),
    effects,
  );
  return users.map((user) => ({
    id: user.id,
    username: user.username,
    full_name: user.full_name,
    last_seen: presences.lastSeen(user),
    online: presences.has(user.id),
  }));
};

/** Active users whose names begin with a text, and then those of whom later words do. */
export const searchUsers = async (
  text: string,
  limit: number,
  effects: ProfileEffects = liveEffects,
): Promise<PublicProfile[]> => toProfiles(await effects.people.search(text, limit), effects);

/** A user's public profile. @throws ServiceError `profile_not_found`, also for a deactivated account */
export const getProfile = async (
  userId: number,
  effects: ProfileEffects = liveEffects,
): Promise<PublicProfile> => {
  const user = await effects.users.findById(userId);
  const [profile] = user?.is_active === true ? await toProfiles([user], effects) : [];
  if (profile === undefined) throw new ServiceError('profile_not_found');
  return profile;
};
