import { ServiceError } from '../contract/service-error.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { toPublicProfile } from '../users/to-public-profile.ts';
import type { InvitePreview } from './contract.ts';
import { inviteStore } from './live.ts';
import { unusableReasonAt } from './rules.ts';
import type { InviteStore } from './stores/invites.ts';

export interface PreviewInviteEffects {
  readonly invites: Pick<InviteStore, 'find'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: PreviewInviteEffects = {
  invites: inviteStore,
  connections: liveConnections,
  clock: systemClock,
};

/**
 * The group of a usable invitation. The account of the user who created the invitation may be gone.
 *
 * @throws ServiceError `invite_not_found`, `invite_expired`, `invite_used_up` or `banned`
 */
export const previewInvite = async (
  actor: Actor,
  code: string,
  effects: PreviewInviteEffects = liveEffects,
): Promise<InvitePreview> => {
  const at = effects.clock();
  const invite = await effects.invites.find(code, actor.userId, at);
  const over = invite === undefined ? 'invite_not_found' : unusableReasonAt(invite, at);
  if (invite === undefined || over !== undefined) throw new ServiceError(over ?? 'invite_not_found');
  if (invite.isBanned) throw new ServiceError('banned', { detail: 'You are banned from this group.' });
  const presences = await findPresences([invite.inviter.id], effects);
  const { avatar_id: avatarId, ...chat } = invite.chat;
  return {
    chat: { ...chat, avatar_url: avatarUrl(avatarId) },
    inviter: toPublicProfile(invite.inviter, presences),
  };
};
