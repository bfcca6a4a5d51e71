import type { ChatDetail } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import { liveAvatars, type AvatarEffects } from '../files/publish-avatar.ts';
import type { Actor } from '../sessions/actor.ts';
import { changed, liveGroups, type ShowGroupEffects } from './change-group.ts';
import type { UpdateChatBody } from './contract.ts';
import { getChangedChat } from './get-chat.ts';
import { showChat } from './show-chat.ts';
import type { FieldsChanged, GroupStore } from './stores/groups.ts';

export interface UpdateGroupEffects extends ShowGroupEffects, AvatarEffects {
  readonly groups: Pick<GroupStore, 'change'>;
}

const liveEffects: UpdateGroupEffects = { ...liveGroups, ...liveAvatars };

/**
 * Changes a group's own fields; the name and the picture that it has already change nothing.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `unknown_attachment`, `attachment_not_ready`,
 * `attachment_in_use` or `avatar_not_image`
 */
export const updateGroup = async (
  actor: Actor,
  chatId: number,
  { name, avatar_id: avatarId }: UpdateChatBody,
  effects: UpdateGroupEffects = liveEffects,
): Promise<Outcome<ChatDetail>> => {
  if (typeof avatarId === 'string') await effects.publishAvatar(avatarId, actor.userId);
  const change = changed<FieldsChanged>(
    await effects.groups.change(chatId, actor.userId, { name, avatarId }, effects.clock()),
    actor,
  );
  const { rev, memberIds, replacedAvatarId } = change;
  await effects.withdrawAvatar(replacedAvatarId);
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [{ chatId, to: memberIds, rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
};
