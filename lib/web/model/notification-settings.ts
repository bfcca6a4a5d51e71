import { signal } from '@preact/signals';
import type { ChatApi } from '../../client/chat-client.ts';
import type { NotificationSettings } from '../../client/types.ts';

/** What holds until the service has told of the user's settings. */
export const DEFAULT_SETTINGS: NotificationSettings = { preview: true, quiet: null };

/** The user's settings of notifications, as the page shows them. */
export const createNotificationSettings = (
  api: Pick<ChatApi, 'getNotificationSettings' | 'setNotificationSettings'>,
) => {
  /** Undefined until they are loaded. */
  const settings = signal<NotificationSettings | undefined>(undefined);
  let saving: Promise<unknown> = Promise.resolve();
  /** How often they have been changed or forgotten: an answer to an earlier question says nothing of what came after. */
  let changes = 0;

  return {
    settings,
    load: async (): Promise<void> => {
      await saving.catch(() => undefined);
      const asked = changes;
      const loaded = await api.getNotificationSettings();
      if (asked === changes) settings.value = loaded;
    },
    /** Shown at once. Each request sends all settings, so they go one after the other. */
    save: async (change: Partial<NotificationSettings>): Promise<void> => {
      const before = settings.peek() ?? DEFAULT_SETTINGS;
      settings.value = { ...before, ...change };
      changes += 1;
      const own = changes;
      const request = (): Promise<NotificationSettings> =>
        api.setNotificationSettings(settings.peek() ?? DEFAULT_SETTINGS);
      const done = saving.then(request, request);
      saving = done;
      try {
        await done;
      } catch (error) {
        // A later change has sent all of them again.
        if (own === changes) settings.value = before;
        throw error;
      }
    },
    /** Somebody else may be logged in next. */
    forget: (): void => {
      settings.value = undefined;
      changes += 1;
    },
  };
};
