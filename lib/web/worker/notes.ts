import { requestResult } from '../model/request-result.ts';
import type { Noted, Notes } from './notifier.ts';

const [DATABASE, STORE, SOUND] = ['chat-notified', 'notes', 'sound'];

/** Notes in the browser's IndexedDB. In a browser without storage, a message may cause two notifications. */
export const createNotes = (): Notes => {
  const open = (): Promise<IDBDatabase> => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
    return requestResult(request);
  };
  const run = async <Value>(
    mode: IDBTransactionMode,
    operation: (store: IDBObjectStore) => IDBRequest<Value>,
  ): Promise<Value | undefined> => {
    try {
      const database = await open();
      try {
        return await requestResult(operation(database.transaction(STORE, mode).objectStore(STORE)));
      } finally {
        database.close();
      }
    } catch {
      return undefined;
    }
  };

  return {
    chat: async (chatId) =>
      ((await run('readonly', (store) => store.get(chatId))) as Noted | undefined) ?? { seq: 0, read: 0 },
    keepChat: async (chatId, noted) => {
      await run('readwrite', (store) => store.put(noted, chatId));
    },
    hasSound: async () => (await run('readonly', (store) => store.get(SOUND))) === true,
    keepSound: async (isOn) => {
      await run('readwrite', (store) => store.put(isOn, SOUND));
    },
    erase: async () => {
      await run('readwrite', (store) => store.clear());
    },
  };
};
