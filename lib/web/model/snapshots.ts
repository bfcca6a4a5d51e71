import type { Chat, ChatDetail, Message } from '../../../functions/contract/schemas.ts';
import { settled } from './settled.ts';

/** What was shown last, of one user: enough to show it again without a network. */
export interface Snapshot {
  readonly userId: number;
  readonly chats: readonly Chat[];
  readonly details: readonly ChatDetail[];
  /** The newest messages of the chats that were opened last. */
  readonly timelines: readonly {
    readonly chatId: number;
    readonly messages: readonly Message[];
    readonly hasOlder: boolean;
  }[];
}

/** Where snapshots are kept: one at a time, of whoever is logged in. No method fails. */
export interface Snapshots {
  /** @returns undefined where there is none of this user */
  load(userId: number): Promise<Snapshot | undefined>;
  save(snapshot: Snapshot): Promise<void>;
  erase(): Promise<void>;
}

/** Of what a snapshot holds: one of an earlier version is forgotten. Since 4, chats have settings and participants roles. */
const VERSION = 4;
const [DATABASE, STORE, KEY] = ['chat', 'snapshots', 'last'];

/** Snapshots in the browser's IndexedDB: `localStorage` has no room for them beside what must not be lost. */
export const createSnapshots = (): Snapshots => {
  let database: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.addEventListener('upgradeneeded', () => {
      const { result } = request;
      if (result.objectStoreNames.contains(STORE)) result.deleteObjectStore(STORE);
      result.createObjectStore(STORE);
    });
    return settled(request);
  };
  /** Runs one operation after the other, in the order of the calls. */
  let queue: Promise<unknown> = Promise.resolve();
  const run = <Value>(
    mode: IDBTransactionMode,
    operation: (store: IDBObjectStore) => IDBRequest<Value>,
  ): Promise<Value | undefined> => {
    const done = queue.then(async () => {
      try {
        database ??= open();
        return await settled(operation((await database).transaction(STORE, mode).objectStore(STORE)));
      } catch {
        // A browser that keeps nothing, a full disk: then there is nothing to show without a network.
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
      // Another version of the page may have written something else.
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
