import { signal } from '@preact/signals';
import type { ChatApi } from '../../client/api/chat-api.ts';
import { createFreshAnswers } from '../../client/fresh-answers.ts';
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
  /** How often they have been saved or forgotten: a failure takes back nothing but the last change. */
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
    /** Shown at once. Each request sends all settings, so they go one after the other. */
    save: async (change: Partial<NotificationSettings>): Promise<void> => {
      const before = settings.peek() ?? DEFAULT_SETTINGS;
      settings.value = { ...before, ...change };
      changed();
      const own = (saves += 1);
      const request = async (): Promise<void> => {
        const now = settings.peek();
        // Forgotten while it waited for its turn: whoever is logged in by now has settings of their own.
        if (now !== undefined) await api.setNotificationSettings(now);
      };
      const done = saving.then(request, request);
      saving = done;
      try {
        await done;
      } catch (error) {
        // A later change has sent all of them again.
        if (own === saves) settings.value = before;
        throw error;
      }
    },
    /** Somebody else may be logged in next: what is being loaded is asked for as that person. */
    forget: (): void => {
      settings.value = undefined;
      saves += 1;
      changed();
    },
  };
};
