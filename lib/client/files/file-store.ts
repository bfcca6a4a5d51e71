import type { FileStore, LocalFile } from './files.ts';

/** The used subset of IndexedDB's requests. */
interface Asked<Value> {
  readonly result: Value;
  readonly error: unknown;
  addEventListener(type: 'success' | 'error', listener: () => void): void;
}
interface ObjectStore {
  get(key: string): Asked<unknown>;
  put(value: unknown, key: string): Asked<unknown>;
  delete(key: string): Asked<unknown>;
  getAllKeys(): Asked<unknown[]>;
}
interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): { objectStore(name: string): ObjectStore };
}
interface Opening extends Asked<Database> {
  addEventListener(type: 'success' | 'error' | 'upgradeneeded', listener: () => void): void;
}
interface Factory {
  open(name: string, version: number): Opening;
}

const [DATABASE, FILES] = ['chat-service', 'files'];

const settled = <Value>(asked: Asked<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    asked.addEventListener('success', () => resolve(asked.result));
    asked.addEventListener('error', () => reject(asked.error));
  });

const createIndexedDbStore = (indexedDB: Factory): FileStore => {
  let database: Promise<Database> | undefined;
  const open = async (): Promise<Database> => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(FILES));
    return settled(request);
  };
  const run = async <Value>(operation: (store: ObjectStore) => Asked<Value>): Promise<Value> => {
    database ??= open();
    try {
      return await settled(operation((await database).transaction(FILES, 'readwrite').objectStore(FILES)));
    } catch (error) {
      // A database that was deleted, or closed by the browser, is reopened on the next use.
      database = undefined;
      throw error;
    }
  };
  return {
    get: async (key) => (await run((store) => store.get(key))) as LocalFile | undefined,
    set: async (key, file) => void (await run((store) => store.put(file, key))),
    remove: async (key) => void (await run((store) => store.delete(key))),
    keys: async () => (await run((store) => store.getAllKeys())).map(String),
  };
};

/** IndexedDB in a browser; undefined elsewhere, where files are kept in memory. */
export const platformFileStore = (): FileStore | undefined => {
  const { indexedDB } = globalThis as { indexedDB?: Factory };
  return indexedDB && createIndexedDbStore(indexedDB);
};
