import type { PublicProfile } from '../contract/schemas.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import { findPresences, type FindPresencesEffects } from '../presence/find-presences.ts';
import type { UserRow } from './stores/users.ts';

/** Users as other users see them: without their e-mail address. One look-up of connections serves all of them. */
export const toPublicProfiles = async (
  users: readonly Pick<UserRow, 'id' | 'username' | 'full_name' | 'avatar_id' | 'last_seen'>[],
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
    last_seen: presences.lastSeen(user),
    online: presences.has(user.id),
  }));
};
