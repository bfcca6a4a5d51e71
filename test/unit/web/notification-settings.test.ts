import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { NotificationSettings } from '../../../lib/client/types.ts';
import { createNotificationSettings } from '../../../lib/web/model/notification-settings.ts';

const night = { from: '22:00', to: '07:00', time_zone: 'Europe/Berlin' };

/** A service that responds when the test decides. */
const createService = () => {
  let stored: NotificationSettings = { preview: true, quiet: null };
  const waiting: (() => void)[] = [];
  const ask = <Answer>(act: () => Answer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
    });
  let isRefusing = false;
  return {
    api: {
      // Read when it is asked, and answered late.
      getNotificationSettings: () => {
        const read = stored;
        return ask(() => read);
      },
      setNotificationSettings: (next: NotificationSettings) =>
        ask(() => {
          if (isRefusing) throw new Error('refused');
          stored = next;
          return stored;
        }),
    },
    stored: () => stored,
    store: (next: NotificationSettings): void => void (stored = next),
    refuse: (): void => void (isRefusing = true),
    /** Answers what was asked first, once something has been. */
    answer: async (): Promise<void> => {
      while (waiting.length === 0) await Promise.resolve();
      waiting.shift()?.();
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    },
  };
};

suite('the settings of notifications on the page', () => {
  test('are not taken back by an answer that was read before they changed', async () => {
    const { api, answer } = createService();
    const { settings, load, save } = createNotificationSettings(api);
    const loading = load();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    const saving = save({ quiet: night });
    await answer();
    assert.deepEqual(settings.value, { preview: true, quiet: night });
    await answer();
    await saving;
    await answer();
    await loading;
    assert.deepEqual(settings.value, { preview: true, quiet: night });
  });

  test('are asked for after a change that is under way', async () => {
    const { api, answer } = createService();
    const { settings, load, save } = createNotificationSettings(api);
    const saving = save({ quiet: night });
    const loading = load();
    await answer();
    await saving;
    await answer();
    await loading;
    assert.deepEqual(settings.value, { preview: true, quiet: night });
  });

  test('are as before when the service refuses a change, unless another one came after', async () => {
    const { api, answer, refuse } = createService();
    const { settings, save } = createNotificationSettings(api);
    refuse();
    const first = assert.rejects(save({ quiet: night }));
    await answer();
    await first;
    assert.deepEqual(settings.value, { preview: true, quiet: null });
  });

  test('of one person are not shown to the next', async () => {
    const { api, answer, store } = createService();
    const { settings, load, forget } = createNotificationSettings(api);
    const loading = load();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    forget();
    store({ preview: false, quiet: night });
    await answer();
    assert.equal(settings.value, undefined);
    await answer();
    await loading;
    assert.deepEqual(settings.value, { preview: false, quiet: night });
  });

  test('of one person are not saved as those of the next, when they waited for their turn', async () => {
    const { api, answer, stored } = createService();
    const { save, forget } = createNotificationSettings(api);
    const first = save({ quiet: night });
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    const second = save({ preview: false });
    forget();
    await answer();
    await Promise.all([first, second]);
    assert.deepEqual(stored(), { preview: true, quiet: night });
  });
});
