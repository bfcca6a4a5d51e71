import type { InviteRow } from './stores/invites.ts';

/** The code of an invitation: 128 random bits in base64url. */
export const CODE_PATTERN = /^[\w-]{22}$/;

/** The reason why an invitation cannot be used. A revoked invitation counts as not found. */
export type UnusableReason = 'invite_not_found' | 'invite_expired' | 'invite_used_up';

/** The reason why an invitation cannot be used at the given time; undefined when it can. */
export const unusableReasonAt = (
  { max_uses: most, uses, expires_at: expiresAt }: Pick<InviteRow, 'max_uses' | 'uses' | 'expires_at'>,
  at: Date,
): UnusableReason | undefined => {
  if (expiresAt <= at) return 'invite_expired';
  return most !== null && uses >= most ? 'invite_used_up' : undefined;
};
