import type { ChatDetail } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changed, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { getChangedChat } from './get-chat.ts';
import { showChat } from './show-chat.ts';
import type { GroupStore, SettingsChange } from './stores/groups.ts';

export interface EditGroupEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'edit'>;
}

/**
 * Changes a group's name, its description and who may send to it how often; what it is already changes nothing.
 *
 * @throws ServiceError `chat_not_found` or `not_group_admin`
 */
export const editGroup = async (
  actor: Actor,
  chatId: number,
  change: SettingsChange,
  effects: EditGroupEffects = liveGroups,
): Promise<Outcome<ChatDetail>> => {
  // Nothing to read is no description.
  const description = change.description === '' ? null : change.description;
  const { rev, memberIds } = changed(
    await effects.groups.edit(chatId, actor.userId, { ...change, description }, effects.clock()),
    actor,
  );
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [{ chatId, to: memberIds, rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
};
