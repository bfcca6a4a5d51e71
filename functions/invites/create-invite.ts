import { randomBytes } from 'node:crypto';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Invite } from './contract.ts';
import { inviteStore } from './live.ts';
import type { InviteStore } from './stores/invites.ts';
import { toInvite } from './to-invite.ts';

export interface CreateInviteEffects {
  readonly invites: Pick<InviteStore, 'insert'>;
  readonly clock: Clock;
}

const CODE_BYTES = 16;

const liveEffects: CreateInviteEffects = {
  invites: inviteStore,
  clock: systemClock,
};

/** Creates an invitation to a group. @throws ServiceError `chat_not_found`, `not_group_admin` or `too_many_invites` */
export const createInvite = async (
  actor: Actor,
  chatId: number,
  { max_uses: maxUses, expires_in: expiresIn }: { max_uses?: number | null | undefined; expires_in: number },
  { invites, clock }: CreateInviteEffects = liveEffects,
): Promise<Invite> => {
  const at = clock();
  const result = await invites.insert(chatId, actor.userId, {
    code: randomBytes(CODE_BYTES).toString('base64url'),
    maxUses: maxUses ?? null,
    expiresAt: new Date(at.getTime() + expiresIn * 1000),
    at,
  });
  switch (result.outcome) {
    case 'inserted':
      return toInvite(result.invite);
    case 'too_many':
      throw new ServiceError('too_many_invites');
    case 'not_admin':
      throw new ServiceError('not_group_admin');
    case 'not_participant':
      throw new ServiceError('chat_not_found');
  }
};
