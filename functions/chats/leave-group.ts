import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveGroups, type ShowGroupEffects } from './change-group.ts';
import { departureEvents } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';

export interface LeaveGroupEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'leave'>;
}

/**
 * Leaves a group; the last admin hands over the group to an heir. Leaving a direct chat only hides it for the actor,
 * without an event to the peer.
 *
 * @throws ServiceError `chat_not_found`
 */
export const leaveGroup = async (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: LeaveGroupEffects = liveGroups,
): Promise<Outcome<null>> => {
  const result = await effects.groups.leave(chatId, actor.userId);
  if (result === undefined) throw new ServiceError('chat_not_found');
  return {
    result: null,
    events: result.hidden ? [] : departureEvents(actor.userId, result.left, effects),
  };
};
