import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changed } from './change-group.ts';
import { groupStore } from './live.ts';
import { removalEvent } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';

export interface RemoveParticipantEffects {
  readonly groups: Pick<GroupStore, 'removeParticipant'>;
}

const liveEffects: RemoveParticipantEffects = { groups: groupStore };

/**
 * Removes someone from a group. Removing oneself is leaving, except for the last admin while others remain: leaving hands
 * over, this is refused.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `participant_not_found` or `last_admin`
 */
export const removeParticipant = async (
  actor: Actor,
  chatId: number,
  userId: number,
  { groups }: RemoveParticipantEffects = liveEffects,
): Promise<Outcome<null>> => {
  const change = changed(await groups.removeParticipant(chatId, actor.userId, userId), actor);
  const { rev, userIds, memberIds } = change;
  return { result: null, events: rev === null ? [] : [removalEvent(chatId, rev, userIds, memberIds)] };
};
