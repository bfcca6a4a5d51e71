import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import type { NotificationSettings } from './contract.ts';
import { notificationSettingsStore } from './live.ts';
import { isTimeZone } from './rules.ts';
import type { NotificationSettingsStore } from './stores/settings.ts';

export interface SetNotificationSettingsEffects {
  readonly settings: Pick<NotificationSettingsStore, 'save'>;
}

const liveEffects: SetNotificationSettingsEffects = { settings: notificationSettingsStore };

/** Replaces the actor's notification settings for all chats. @throws ServiceError `validation_failed` */
export const setNotificationSettings = async (
  actor: Actor,
  settings: NotificationSettings,
  effects: SetNotificationSettingsEffects = liveEffects,
): Promise<NotificationSettings> => {
  if (settings.quiet !== null && !isTimeZone(settings.quiet.time_zone)) {
    const message = 'There is no time zone of this name';
    throw new ServiceError('validation_failed', { issues: [{ path: 'quiet.time_zone', message }] });
  }
  await effects.settings.save(actor.userId, settings);
  return settings;
};
