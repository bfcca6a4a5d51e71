import { changeOrThrow, liveGroups, type ShowGroupEffects } from '../chats/change-group.ts';
import { additionEvents } from '../chats/membership-events.ts';
import { refuseFull, withRoomForChats } from '../chats/existing-users.ts';
import { getChangedChat } from '../chats/get-chat.ts';
import type { GroupStore } from '../chats/stores/groups.ts';
import type { ChatDetail } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { inviteStore } from './live.ts';
import type { InviteStore } from './stores/invites.ts';

export interface AcceptInviteEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'join'>;
  readonly invites: Pick<InviteStore, 'find' | 'lock' | 'use'>;
}

const liveEffects: AcceptInviteEffects = { ...liveGroups, invites: inviteStore };

/**
 * Joins a group by an invitation. One transaction checks the invitation, counts the use and adds the user, under the
 * chat's row lock: `max_uses` holds for any number of concurrent calls. A user who is in the group already consumes
 * no use.
 *
 * @throws ServiceError `invite_not_found`, `invite_expired`, `invite_used_up`, `banned`, `group_full` or
 *   `too_many_chats`; `session_revoked` when the actor's account is gone
 */
export const acceptInvite = async (
  actor: Actor,
  code: string,
  effects: AcceptInviteEffects = liveEffects,
): Promise<Outcome<ChatDetail>> => {
  const { groups, invites, clock } = effects;
  const at = clock();
  const invite = await invites.find(code, actor.userId, at);
  if (invite === undefined) throw new ServiceError('invite_not_found');
  const chatId = invite.chat.id;
  const result = await withRoomForChats('', () =>
    groups.join(chatId, actor.userId, at, {
      lockAndCheck: (transaction) => invites.lock(transaction, invite.id, at),
      countUse: (transaction) => invites.use(transaction, invite.id),
    }),
  );
  if (result.outcome === 'not_admitted') throw new ServiceError(result.why);
  // The group was closed between the read and the transaction.
  if (result.outcome === 'not_participant') throw new ServiceError('invite_not_found');
  if (result.outcome === 'banned')
    throw new ServiceError('banned', { detail: 'You are banned from this group.' });
  // The request has no field that could be wrong.
  const change = result.outcome === 'group_full' ? refuseFull() : changeOrThrow(result, actor);
  return {
    result: await getChangedChat(actor, chatId, effects),
    events: additionEvents(chatId, change, effects),
  };
};
