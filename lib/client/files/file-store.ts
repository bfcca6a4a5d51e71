import type { FileStore, LocalFile } from './files.ts';

/** The used subset of IndexedDB's requests. */
interface DatabaseRequest<Value> {
  readonly result: Value;
  readonly error: unknown;
  addEventListener(type: 'success' | 'error', listener: () => void): void;
}
interface ObjectStore {
  get(key: string): DatabaseRequest<unknown>;
  put(value: unknown, key: string): DatabaseRequest<unknown>;
  delete(key: string): DatabaseRequest<unknown>;
  getAllKeys(): DatabaseRequest<unknown[]>;
}
interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): { objectStore(name: string): ObjectStore };
}
interface Opening extends DatabaseRequest<Database> {
  addEventListener(type: 'success' | 'error' | 'upgradeneeded', listener: () => void): void;
}
interface Factory {
  open(name: string, version: number): Opening;
}

const [DATABASE, FILES] = ['chat-service', 'files'];

const resultOf = <Value>(request: DatabaseRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });

const createIndexedDbStore = (indexedDB: Factory): FileStore => {
  let database: Promise<Database> | undefined;
  const open = async (): Promise<Database> => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(FILES));
    return resultOf(request);
  };
  const run = async <Value>(operation: (store: ObjectStore) => DatabaseRequest<Value>): Promise<Value> => {
    database ??= open();
    try {
      return await resultOf(operation((await database).transaction(FILES, 'readwrite').objectStore(FILES)));
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
