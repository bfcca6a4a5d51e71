import type { InviteRow } from './stores/invites.ts';

/** The code of an invitation: 128 random bits in base64url. */
export const CODE_PATTERN = /^[\w-]{22}$/;

/** Why an invitation cannot be used; one that was revoked is not there. */
export type Over = 'invite_not_found' | 'invite_expired' | 'invite_used_up';

/** Why an invitation cannot be used at a time, if so. */
export const overAt = (
  { max_uses: most, uses, expires_at: expiresAt }: Pick<InviteRow, 'max_uses' | 'uses' | 'expires_at'>,
  at: Date,
): Over | undefined => {
  if (expiresAt <= at) return 'invite_expired';
  return most !== null && uses >= most ? 'invite_used_up' : undefined;
};
