import { avatarUrl } from '../gateways/avatar-urls.ts';
import { isModerator } from '../moderation/moderators.ts';
import type { OwnProfile } from './contract.ts';
import type { UserRow } from './stores/users.ts';

/** A user as they see themselves. */
export const toOwnProfile = (user: UserRow): OwnProfile => ({
  id: user.id,
  username: user.username,
  email: user.email,
  full_name: user.full_name,
  avatar_url: avatarUrl(user.avatar_id),
  is_active: user.is_active,
  created_at: user.created_at.toISOString(),
  last_seen: user.last_seen?.toISOString() ?? null,
  email_verified: user.email_verified,
  totp_enabled: user.totp_enabled,
  role: isModerator(user.username) ? 'moderator' : 'user',
});
