import type { ChatDetail } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changed, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { getChangedChat } from './get-chat.ts';
import { showChat } from './show-chat.ts';
import type { GroupStore } from './stores/groups.ts';

export interface RenameGroupEffects extends ShowGroupEffects {
  readonly groups: Pick<GroupStore, 'rename'>;
}

/**
 * Renames a group; the name that it has already changes nothing.
 *
 * @throws ServiceError `chat_not_found` or `not_group_admin`
 */
export const renameGroup = async (
  actor: Actor,
  chatId: number,
  name: string,
  effects: RenameGroupEffects = liveGroups,
): Promise<Outcome<ChatDetail>> => {
  const change = changed(await effects.groups.rename(chatId, actor.userId, name, effects.clock()), actor);
  const { rev, memberIds } = change;
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [{ chatId, to: memberIds, rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
};
