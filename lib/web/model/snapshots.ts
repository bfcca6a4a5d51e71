import type { Chat, ChatDetail, Message } from '../../../functions/contract/schemas.ts';
import { requestResult } from './request-result.ts';

/** The state that the page showed last to one user: enough to show it again without a network. */
export interface Snapshot {
  readonly userId: number;
  readonly chats: readonly Chat[];
  readonly details: readonly ChatDetail[];
  /** The newest messages of the most recently opened chats. */
  readonly timelines: readonly {
    readonly chatId: number;
    readonly messages: readonly Message[];
    readonly hasOlder: boolean;
  }[];
}

/** Storage for one snapshot, that of the logged-in user. No method throws. */
export interface Snapshots {
  /** @returns undefined when there is no snapshot of this user */
  load(userId: number): Promise<Snapshot | undefined>;
  save(snapshot: Snapshot): Promise<void>;
  erase(): Promise<void>;
}

/**
 * The version of a snapshot's format: snapshots of earlier versions are dropped. Version 4 added settings of chats and
 * roles of participants.
 */
const VERSION = 4;
const [DATABASE, STORE, KEY] = ['chat', 'snapshots', 'last'];

/** Snapshots in the browser's IndexedDB: `localStorage` is too small for them beside the data that must not be lost. */
export const createSnapshots = (): Snapshots => {
  let database: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.addEventListener('upgradeneeded', () => {
      const { result } = request;
      if (result.objectStoreNames.contains(STORE)) result.deleteObjectStore(STORE);
      result.createObjectStore(STORE);
    });
    return requestResult(request);
  };
  /** Runs the operations one after another, in the order of the calls. */
  let queue: Promise<unknown> = Promise.resolve();
  const run = <Value>(
    mode: IDBTransactionMode,
    operation: (store: IDBObjectStore) => IDBRequest<Value>,
  ): Promise<Value | undefined> => {
    const done = queue.then(async () => {
      try {
        database ??= open();
        return await requestResult(operation((await database).transaction(STORE, mode).objectStore(STORE)));
      } catch {
        // The browser has no storage, or the disk is full: there is then nothing to show without a network.
        database = undefined;
        return undefined;
      }
    });
    queue = done;
    return done;
  };

  return {
    load: async (userId) => {
      const stored = (await run('readonly', (store) => store.get(KEY))) as Snapshot | undefined;
      // Another version of the page may have written a different format.
      const isWhole = [stored?.chats, stored?.details, stored?.timelines].every(Array.isArray);
      return stored?.userId === userId && isWhole ? stored : undefined;
    },
    save: async (snapshot) => {
      await run('readwrite', (store) => store.put(snapshot, KEY));
    },
    erase: async () => {
      await run('readwrite', (store) => store.clear());
    },
  };
};
