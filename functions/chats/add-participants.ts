import type { ChatDetail } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { withRoomForChats } from './existing-users.ts';
import { getChangedChat } from './get-chat.ts';
import { additionEvents } from './membership-events.ts';
import type { GroupStore } from './stores/groups.ts';

export interface AddParticipantsEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'addParticipants'>;
}

/**
 * Adds people to a group, all of them or none; existing participants stay unchanged.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `banned`, `user_not_found`, `group_full` or
 *   `too_many_chats`
 */
export const addParticipants = async (
  actor: Actor,
  chatId: number,
  userIds: readonly number[],
  effects: AddParticipantsEffects = liveGroups,
): Promise<Outcome<ChatDetail>> => {
  const change = changeOrThrow(
    await withRoomForChats('user_ids', () =>
      effects.groups.addParticipants(chatId, actor.userId, [...new Set(userIds)], effects.clock()),
    ),
    actor,
  );
  return {
    result: await getChangedChat(actor, chatId, effects),
    events: additionEvents(chatId, change, effects),
  };
};
