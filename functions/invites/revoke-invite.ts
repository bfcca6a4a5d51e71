import { assertMayRead, type AssertMayReadEffects } from '../chats/assert-may-read.ts';
import { participantStore } from '../chats/live.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { inviteStore } from './live.ts';
import type { InviteStore } from './stores/invites.ts';

export interface RevokeInviteEffects extends AssertMayReadEffects {
  readonly invites: Pick<InviteStore, 'find' | 'remove'>;
  readonly clock: Clock;
}

const liveEffects: RevokeInviteEffects = {
  participants: participantStore,
  invites: inviteStore,
  clock: systemClock,
};

/**
 * Revokes an invitation. Users outside its group get the same error as for an unknown invitation.
 *
 * @throws ServiceError `invite_not_found` or `not_group_admin`
 */
export const revokeInvite = async (
  actor: Actor,
  code: string,
  effects: RevokeInviteEffects = liveEffects,
): Promise<void> => {
  const invite = await effects.invites.find(code, actor.userId, effects.clock());
  if (invite === undefined) throw new ServiceError('invite_not_found');
  try {
    await assertMayRead(actor, invite.chat.id, 'invite', effects);
  } catch (error) {
    throw error instanceof ServiceError && error.code === 'chat_not_found'
      ? new ServiceError('invite_not_found')
      : error;
  }
  if (!(await effects.invites.remove(code))) throw new ServiceError('invite_not_found');
};
