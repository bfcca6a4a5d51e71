import type { Participant } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { findParticipant } from './find-participant.ts';
import { participantEvents } from './membership-events.ts';
import type { GroupStore, RoleChange } from './stores/groups.ts';

export interface SetRoleEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'setRole'>;
}

/**
 * Changes a participant's role in a group. An owner who makes another participant the owner becomes an admin; an
 * owner who takes another role hands over to the admin who joined first.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `not_chat_owner`, `participant_not_found` or `last_admin`
 */
export const setRole = async (
  actor: Actor,
  chatId: number,
  userId: number,
  role: RoleChange,
  effects: SetRoleEffects = liveGroups,
): Promise<Outcome<Participant>> => {
  const change = changeOrThrow(await effects.groups.setRole(chatId, actor.userId, userId, role), actor);
  const { rev, memberIds, handover } = change;
  const participant = await findParticipant(chatId, userId, actor.userId, effects);
  // The participant left between the change and this read.
  if (participant === undefined) throw new ServiceError('participant_not_found');
  if (rev === null) return { result: participant, events: [] };
  return {
    result: participant,
    events: [{ userId, rev }, ...(handover === null ? [] : [handover])].flatMap((one) =>
      participantEvents(chatId, one, memberIds, effects),
    ),
  };
};
