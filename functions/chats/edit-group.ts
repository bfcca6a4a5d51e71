import type { ChatDetail } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import { liveAvatars, type AvatarEffects } from '../files/publish-avatar.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { getChangedChat } from './get-chat.ts';
import { showChat } from './show-chat.ts';
import type { GroupStore, SettingsChange, SettingsChanged } from './stores/groups.ts';

export interface EditGroupEffects extends ShowGroupEffects, AvatarEffects {
  readonly groups: Pick<GroupStore, 'edit'>;
}

const liveEffects: EditGroupEffects = { ...liveGroups, ...liveAvatars };

/**
 * Changes a group's name, avatar, description, posting rights and slow mode. Values that equal the stored ones change
 * nothing.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `attachment_not_found`, `attachment_not_ready`,
 *   `attachment_in_use` or `file_rejected`
 */
export const editGroup = async (
  actor: Actor,
  chatId: number,
  change: SettingsChange,
  effects: EditGroupEffects = liveEffects,
): Promise<Outcome<ChatDetail>> => {
  // An empty description is stored as null.
  const description = change.description === '' ? null : change.description;
  if (typeof change.avatar_id === 'string') await effects.publishAvatar(change.avatar_id, actor.userId);
  const { rev, memberIds, replacedAvatarId } = changeOrThrow<SettingsChanged>(
    await effects.groups.edit(chatId, actor.userId, { ...change, description }, effects.clock()),
    actor,
  );
  await effects.withdrawAvatar(replacedAvatarId);
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [{ chatId, to: memberIds, rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
};
