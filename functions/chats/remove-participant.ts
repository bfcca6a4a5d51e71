import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { removalEvents } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';

export interface RemoveParticipantEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'removeParticipant'>;
}

/**
 * Removes a participant from a group. Removing oneself equals leaving, with one exception: the last admin, while
 * others remain, is refused here, whereas leaving hands over the group.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `not_chat_owner`, `participant_not_found` or `last_admin`
 */
export const removeParticipant = async (
  actor: Actor,
  chatId: number,
  userId: number,
  effects: RemoveParticipantEffects = liveGroups,
): Promise<Outcome<null>> => {
  const change = changeOrThrow(await effects.groups.removeParticipant(chatId, actor.userId, userId), actor);
  return { result: null, events: removalEvents(chatId, change, effects) };
};
