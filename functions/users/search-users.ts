import type { PublicProfile } from '../contract/schemas.ts';
import { systemClock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { findPresences, type FindPresencesEffects } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { createPeopleStore, type PeopleStore } from './stores/people-search.ts';
import { toPublicProfile } from './to-public-profile.ts';

export interface SearchUsersEffects extends FindPresencesEffects {
  readonly people: PeopleStore;
}

const liveEffects: SearchUsersEffects = {
  people: createPeopleStore(mysql),
  connections: liveConnections,
  clock: systemClock,
};

/** Finds active users by prefixes of the words in their names, best matches first: see `PeopleStore`. */
export const searchUsers = async (
  actor: Pick<Actor, 'userId'>,
  text: string,
  limit: number,
  effects: SearchUsersEffects = liveEffects,
): Promise<PublicProfile[]> => {
  const people = await effects.people.search(text, limit, actor.userId);
  const presences = await findPresences(
    people.map(({ id }) => id),
    effects,
  );
  return people.map((person) => toPublicProfile(person, presences));
};
