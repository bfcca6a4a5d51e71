import { liveGroups } from '../chats/change-group.ts';
import { showChat, type ShowChatEffects } from '../chats/show-chat.ts';
import type { ChatNotifications } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ChatNotificationsBody } from './contract.ts';
import { notificationSettingsStore } from './live.ts';
import type { NotificationSettingsStore } from './stores/settings.ts';

export interface SetChatNotificationsEffects extends ShowChatEffects {
  readonly settings: Pick<NotificationSettingsStore, 'change'>;
}

const liveEffects: SetChatNotificationsEffects = { ...liveGroups, settings: notificationSettingsStore };

/**
 * Changes the actor's settings in a chat. The event goes only to the actor's own devices; other participants see the
 * chat's `rev` grow without any change. See decision 59.
 *
 * @throws ServiceError `chat_not_found`
 */
export const setChatNotifications = async (
  actor: Actor,
  chatId: number,
  change: ChatNotificationsBody,
  effects: SetChatNotificationsEffects = liveEffects,
): Promise<Outcome<ChatNotifications & { readonly chat_id: number }>> => {
  const changed = await effects.settings.change(chatId, actor.userId, change);
  if (changed === undefined) throw new ServiceError('chat_not_found');
  const { settings, rev } = changed;
  return {
    result: { chat_id: chatId, ...settings },
    events:
      rev === null
        ? []
        : [{ chatId, to: [actor.userId], rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
};
