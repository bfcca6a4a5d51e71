import type { Participant } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changed, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { findParticipant } from './find-participant.ts';
import { participantEvents } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';

export interface SetAdminEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'setAdmin'>;
}

/**
 * Makes someone admin of a group, or a plain member.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `participant_not_found` or `last_admin`
 */
export const setAdmin = async (
  actor: Actor,
  chatId: number,
  userId: number,
  isAdmin: boolean,
  effects: SetAdminEffects = liveGroups,
): Promise<Outcome<Participant>> => {
  const change = changed(await effects.groups.setAdmin(chatId, actor.userId, userId, isAdmin), actor);
  const { rev, memberIds } = change;
  const participant = await findParticipant(chatId, userId, actor.userId, effects);
  // They left between the change and the look.
  if (participant === undefined) throw new ServiceError('participant_not_found');
  return {
    result: participant,
    events: rev === null ? [] : participantEvents(chatId, userId, rev, memberIds, effects),
  };
};
