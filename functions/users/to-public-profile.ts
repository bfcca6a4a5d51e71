import type { PublicProfile } from '../contract/schemas.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import type { PersonRow } from '../platform/mysql/people.ts';
import { shownPresence, type Presences } from '../presence/find-presences.ts';

/**
 * A user as other users see them: without their e-mail address. @param presences the presences of a set of users that
 * includes this one
 */
export const toPublicProfile = (
  person: PersonRow,
  presences: Pick<Presences, 'has' | 'lastSeen'>,
): PublicProfile => ({
  id: person.id,
  username: person.username,
  full_name: person.full_name,
  avatar_url: avatarUrl(person.avatar_id),
  ...shownPresence(person, presences),
});
