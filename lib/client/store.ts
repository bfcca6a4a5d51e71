import type { ClientPlatform, ClientStorage } from './chat-client.ts';
import { parse } from './http.ts';
import { backOffMs } from './platform.ts';

/** JSON values in the application's storage. Its failures never affect the client, which continues in memory. */
export interface Store {
  /** @returns null or undefined when the value is absent, corrupt, or cannot be read */
  readonly read: (key: string) => Promise<unknown>;
  /**
   * Changes a stored value; changes run one after the other. A change that the storage rejects (it is full, or
   * unavailable) is retried with every later change and after a while.
   *
   * @param change maps the stored value to the new one; undefined removes it. May be called several times
   * @returns resolves after the first attempt, never rejects
   */
  readonly update: (key: string, change: (stored: unknown) => unknown) => Promise<void>;
}

export const createStore = (storage: ClientStorage, platform: ClientPlatform): Store => {
  const unsaved = new Map<string, (stored: unknown) => unknown>();
  let queue = Promise.resolve();
  let failures = 0;
  let timer: unknown;

  const read = async (key: string): Promise<unknown> => {
    try {
      return parse(await storage.get(key));
    } catch {
      return undefined;
    }
  };

  const flush = async (): Promise<void> => {
    for (const [key, change] of unsaved) {
      try {
        const value = change(await read(key));
        await (value === undefined ? storage.remove(key) : storage.set(key, JSON.stringify(value)));
        if (unsaved.get(key) === change) unsaved.delete(key);
      } catch {
        // The change stays in `unsaved`.
      }
    }
    failures = unsaved.size === 0 ? 0 : failures + 1;
    if (!failures || timer) return;
    timer = platform.setTimeout(
      () => {
        timer = undefined;
        queue = queue.then(flush);
      },
      backOffMs(failures, platform),
    );
    // The timer must not keep a Node.js process alive.
    (timer as { unref?: () => void }).unref?.();
  };

  return {
    read,
    update: (key, change) => {
      unsaved.set(key, change);
      queue = queue.then(flush);
      return queue;
    },
  };
};
