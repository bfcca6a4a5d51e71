import type { Invite } from './contract.ts';
import type { InviteRow } from './stores/invites.ts';

/** Renders an invitation for admins. */
export const toInvite = ({ code, max_uses, uses, expires_at: expiresAt, created_by }: InviteRow): Invite => ({
  code,
  max_uses,
  uses,
  expires_at: expiresAt.toISOString(),
  created_by,
});
