import type { PublicProfile } from '../contract/schemas.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import { findPresences, shownPresence, type FindPresencesEffects } from '../presence/find-presences.ts';
import type { PersonRow } from '../platform/mysql/people.ts';

/** Users as other users see them: without their e-mail address. One look-up of connections serves all of them. */
export const toPublicProfiles = async (
  users: readonly PersonRow[],
  effects: FindPresencesEffects,
): Promise<PublicProfile[]> => {
  const presences = await findPresences(
    users.map(({ id }) => id),
    effects,
  );
  return users.map((user) => ({
    id: user.id,
    username: user.username,
    full_name: user.full_name,
    avatar_url: avatarUrl(user.avatar_id),
    ...shownPresence(user, presences),
  }));
};
