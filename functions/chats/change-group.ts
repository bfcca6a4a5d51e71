import { ServiceError } from '../contract/service-error.ts';
import { contentStore } from '../messages/live.ts';
import { systemClock } from '../platform/clock.ts';
import { liveConnections } from '../presence/live.ts';
import { messageFiles } from '../files/live.ts';
import { refuseAvatar } from '../files/publish-avatar.ts';
import type { AvatarRefusal } from '../platform/mysql/avatars.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { refuseBlocked, refuseFull, refuseNotActive } from './existing-users.ts';
import type { GetChatEffects } from './get-chat.ts';
import { chatStore, groupStore, participantStore } from './live.ts';
import type { MembershipEffects } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';
import type { GroupChange, GroupChanged } from './stores/locked-groups.ts';

/** Dependencies of rendering a changed group for the actor and for its members. */
export type ShowGroupEffects = GetChatEffects & MembershipEffects;

export interface ChangeGroupEffects extends ShowGroupEffects {
  readonly groups: GroupStore;
}

/** The live effects of changing groups in this stage. */
export const liveGroups: ChangeGroupEffects = {
  groups: groupStore,
  chats: chatStore,
  participants: participantStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

const refuseBanned = (ids: readonly number[]): never => {
  throw new ServiceError('banned', {
    detail: `Banned from this group: the ${ids.length === 1 ? 'user with the id' : 'users with the ids'} ${ids.join(', ')}.`,
  });
};

/** Returns a change that was made. @throws ServiceError for every other outcome */
export const changeOrThrow = <Changed extends GroupChanged>(
  change: Changed | Exclude<GroupChange, GroupChanged> | { readonly outcome: AvatarRefusal },
  actor: Pick<Actor, 'userId'>,
): Changed => {
  switch (change.outcome) {
    case 'changed':
      return change;
    case 'unknown_attachment':
    case 'attachment_in_use':
    case 'attachment_not_ready':
    case 'avatar_not_image':
      return refuseAvatar(change.outcome, 'avatar_id');
    case 'not_participant':
      throw new ServiceError('chat_not_found');
    case 'not_admin':
      throw new ServiceError('not_group_admin');
    case 'not_owner':
      throw new ServiceError('not_chat_owner');
    case 'banned':
      return refuseBanned(change.userIds);
    case 'not_member':
      throw new ServiceError('participant_not_found');
    case 'group_full':
      return refuseFull('user_ids');
    case 'not_active':
      return refuseNotActive(change.userIds, 'user_ids', actor);
    case 'blocked':
      return refuseBlocked(change.userIds);
    case 'last_admin':
      throw new ServiceError('last_admin');
  }
};
