import { signal } from '@preact/signals';
import type { ChatApi } from '../../client/api/chat-api.ts';
import { createFreshAnswers } from '../../client/fresh-answers.ts';
import type { NotificationSettings } from '../../client/types.ts';

/** Used until the user's settings have been loaded. */
export const DEFAULT_SETTINGS: NotificationSettings = { preview: true, quiet: null };

/** The user's notification settings, as signals for the views. */
export const createNotificationSettings = (
  api: Pick<ChatApi, 'getNotificationSettings' | 'setNotificationSettings'>,
) => {
  /** Undefined until loaded. */
  const settings = signal<NotificationSettings | undefined>(undefined);
  let saving: Promise<unknown> = Promise.resolve();
  /** Incremented by each save, and when the settings are dropped: a failed save only reverts the last change. */
  let saves = 0;
  const { changed, ask } = createFreshAnswers();

  return {
    settings,
    load: async (): Promise<void> => {
      settings.value = await ask(async () => {
        await saving.catch(() => undefined);
        return api.getNotificationSettings();
      });
      changed();
    },
    /** Shows the change at once. Each request sends all settings, so requests run one after another. */
    save: async (change: Partial<NotificationSettings>): Promise<void> => {
      const before = settings.peek() ?? DEFAULT_SETTINGS;
      settings.value = { ...before, ...change };
      changed();
      const own = (saves += 1);
      const request = async (): Promise<void> => {
        const now = settings.peek();
        // Undefined when the settings were dropped while the request waited: another user may be logged in by now.
        if (now !== undefined) await api.setNotificationSettings(now);
      };
      const done = saving.then(request, request);
      saving = done;
      try {
        await done;
      } catch (error) {
        // When a later save has followed, it has sent all settings again, and nothing is reverted.
        if (own === saves) settings.value = before;
        throw error;
      }
    },
    /** Drops the settings when the user changes: a load that is under way is repeated as the new user. */
    forget: (): void => {
      settings.value = undefined;
      saves += 1;
      changed();
    },
  };
};
