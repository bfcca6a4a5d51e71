import { assertMayRead, type AssertMayReadEffects } from '../chats/assert-may-read.ts';
import { participantStore } from '../chats/live.ts';
import { partOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery } from '../contract/schemas.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Invite } from './contract.ts';
import { inviteStore } from './live.ts';
import type { InviteStore } from './stores/invites.ts';
import { toInvite } from './to-invite.ts';

export interface ListInvitesEffects extends AssertMayReadEffects {
  readonly invites: Pick<InviteStore, 'count' | 'listPage'>;
  readonly clock: Clock;
}

const liveEffects: ListInvitesEffects = {
  participants: participantStore,
  invites: inviteStore,
  clock: systemClock,
};

/** The usable invitations of a group, latest first. @throws ServiceError `chat_not_found` or `not_group_admin` */
export const listInvites = async (
  actor: Actor,
  chatId: number,
  { page, limit }: PageQuery,
  effects: ListInvitesEffects = liveEffects,
): Promise<Page<Invite>> => {
  const { invites, clock } = effects;
  await assertMayRead(actor, chatId, 'invite', effects);
  const at = clock();
  const [total, rows] = await Promise.all([
    invites.count(chatId, at),
    invites.listPage(chatId, at, partOf({ page, limit })),
  ]);
  return toPage(rows.map(toInvite), total, { page, limit });
};
