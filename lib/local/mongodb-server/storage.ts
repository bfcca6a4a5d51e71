import { onDemand } from 'bson';
import { type BsonDocument, equalityKey, isDocument } from './bson-values.ts';
import { type Collection, createCollection } from './collection.ts';
import type { IndexSpec, StoredDocument } from './hash-index.ts';
import { openJournal, recordOverhead } from './journal.ts';
import { composeDocument, detached, readDocument, writeDocument } from './raw-bson.ts';

/**
 * All collections by namespace (`database.collection`). Every change is applied to memory and appended to the journal
 * in the same event-loop turn, so the journal has the changes in the order in which they took effect.
 */
export interface Storage {
  collection(namespace: string): Collection | undefined;
  /** The existing namespaces, in the order of their creation. */
  namespaces(): string[];
  /** Creates a collection unless it exists. */
  ensureCollection(namespace: string): Collection;
  dropCollection(namespace: string): void;
  insert(namespace: string, bytes: Uint8Array, document: BsonDocument): void;
  replace(collection: Collection, stored: StoredDocument, before: BsonDocument, after: BsonDocument): boolean;
  remove(collection: Collection, stored: StoredDocument): void;
  createIndex(namespace: string, spec: IndexSpec): void;
  dropIndex(namespace: string, name: string): void;
  /** Resolves when the operating system has all changes so far. */
  written(): Promise<void>;
  /** Resolves when all changes so far are fsynced. */
  durable(): Promise<void>;
  /** Resolves at once, unless the disk was full: then writes the records that did not fit. @throws DiskFullError */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface StorageOptions {
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly compactionMinimumBytes?: number;
}

/**
 * The kinds of journal records, by their field `k`. Each states a whole fact (a document's contents, or its absence),
 * so replaying one twice is harmless. `ns` is the namespace, `d` the details.
 */
const kinds = {
  put: 'put',
  remove: 'remove',
  createCollection: 'create-collection',
  dropCollection: 'drop-collection',
  createIndex: 'create-index',
  dropIndex: 'drop-index',
} as const;

/** Opens the storage of a folder: replays its journal, then builds the indexes. */
export const openStorage = async (options: StorageOptions): Promise<Storage> => {
  const collections = new Map<string, Collection>();
  const restoredIndexes = new Map<string, Map<string, IndexSpec>>();
  const startedAt = performance.now();

  const ensureInMemory = (namespace: string): Collection => {
    let collection = collections.get(namespace);
    if (collection === undefined) {
      collection = createCollection(namespace);
      collections.set(namespace, collection);
    }
    return collection;
  };

  const restore = (payload: Uint8Array): void => {
    const record = parseRecord(payload);
    const specs = restoredIndexes.get(record.namespace) ?? new Map<string, IndexSpec>();
    switch (record.kind) {
      case kinds.put:
      case kinds.remove: {
        const { _id } = readDocument(record.details);
        const bytes = record.kind === kinds.put ? record.details : undefined;
        ensureInMemory(record.namespace).restore(equalityKey(_id), bytes);
        break;
      }
      case kinds.createCollection:
        ensureInMemory(record.namespace);
        break;
      case kinds.dropCollection:
        collections.delete(record.namespace);
        restoredIndexes.delete(record.namespace);
        break;
      case kinds.createIndex: {
        const spec = toIndexSpec(readDocument(record.details));
        restoredIndexes.set(record.namespace, specs.set(spec.name, spec));
        break;
      }
      case kinds.dropIndex:
        specs.delete(String(readDocument(record.details)['name']));
        break;
      default:
        throw new Error(
          `the journal holds a record of unknown kind "${record.kind}"; a newer version wrote it`,
        );
    }
  };

  const journal = await openJournal({ ...options, onRecord: restore });
  for (const [namespace, specs] of restoredIndexes) {
    for (const spec of specs.values()) collections.get(namespace)?.createIndex(spec);
  }
  const restored = [...collections.values()].reduce((sum, { documents }) => sum + documents.size, 0);
  if (restored > 0) {
    options.log(`read ${restored} documents in ${Math.round(performance.now() - startedAt)} ms`);
  }

  const liveBytes = (): number => {
    let sum = 0;
    for (const collection of collections.values()) {
      const envelope = recordOverhead + 40 + collection.namespace.length;
      sum += collection.bytes() + collection.documents.size * envelope;
    }
    return sum;
  };

  const allRecords = function* (): Generator<Uint8Array> {
    for (const { namespace, indexes, documents, textIndex } of collections.values()) {
      yield formRecord(kinds.createCollection, namespace, writeDocument({}));
      for (const { spec } of indexes.values()) {
        yield formRecord(kinds.createIndex, namespace, writeDocument(spec));
      }
      const text = textIndex();
      if (text !== undefined) yield formRecord(kinds.createIndex, namespace, writeDocument(text.spec));
      for (const { bytes } of documents.values()) yield formRecord(kinds.put, namespace, bytes);
    }
  };

  let compaction: Promise<void> | undefined;
  const compactIfWorth = (): void => {
    if (compaction !== undefined || !journal.wantsCompaction(liveBytes())) return;
    compaction = journal.compact(allRecords()).finally(() => {
      compaction = undefined;
    });
  };

  const record = (kind: string, namespace: string, details: Uint8Array): void => {
    journal.append(formRecord(kind, namespace, details));
  };

  const storage: Storage = {
    collection: (namespace) => collections.get(namespace),
    namespaces: () => [...collections.keys()],
    ensureCollection(namespace) {
      if (!collections.has(namespace)) record(kinds.createCollection, namespace, writeDocument({}));
      return ensureInMemory(namespace);
    },
    dropCollection(namespace) {
      const collection = collections.get(namespace);
      if (collection === undefined) return;
      record(kinds.dropCollection, namespace, writeDocument({}));
      collection.close();
      collections.delete(namespace);
    },
    insert(namespace, bytes, document) {
      const kept = detached(bytes);
      storage.ensureCollection(namespace).insert(kept, document);
      record(kinds.put, namespace, kept);
    },
    replace(collection, stored, before, after) {
      const bytes = writeDocument(after);
      if (Buffer.compare(bytes, stored.bytes) === 0) return false;
      collection.replace(stored, detached(bytes), before, after);
      record(kinds.put, collection.namespace, bytes);
      return true;
    },
    remove(collection, stored) {
      const document = readDocument(stored.bytes);
      collection.remove(stored, document);
      record(kinds.remove, collection.namespace, writeDocument({ _id: document['_id'] }));
    },
    createIndex(namespace, spec) {
      storage.ensureCollection(namespace).createIndex(spec);
      record(kinds.createIndex, namespace, writeDocument(spec));
    },
    dropIndex(namespace, name) {
      collections.get(namespace)?.dropIndex(name);
      record(kinds.dropIndex, namespace, writeDocument({ name }));
    },
    async written() {
      await journal.written();
      compactIfWorth();
    },
    async durable() {
      await journal.durable();
      compactIfWorth();
    },
    async ready() {
      if (journal.isFull()) await journal.catchUp();
    },
    async close() {
      for (const collection of collections.values()) collection.close();
      await journal.close();
    },
  };
  compactIfWorth();
  return storage;
};

const formRecord = (kind: string, namespace: string, details: Uint8Array): Buffer =>
  composeDocument([
    ['k', { string: kind }],
    ['ns', { string: namespace }],
    ['d', { document: details }],
  ]);

const parseRecord = (payload: Uint8Array): { kind: string; namespace: string; details: Uint8Array } => {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const [kind, namespace, details] = [...onDemand.parseToElements(payload)];
  if (kind === undefined || namespace === undefined || details === undefined) {
    throw new Error('the journal holds a record without its three fields');
  }
  // A string value is its length (4), its bytes and a zero.
  const text = ([, , , offset, length]: typeof kind) =>
    bytes.toString('utf8', offset + 4, offset + length - 1);
  return {
    kind: text(kind),
    namespace: text(namespace),
    details: payload.subarray(details[3], details[3] + details[4]),
  };
};

/** Parses an index definition from the journal. */
const toIndexSpec = (document: BsonDocument): IndexSpec => {
  const { key, name } = document;
  if (!isDocument(key) || typeof name !== 'string')
    throw new Error('the journal holds an index without a key');
  return { ...document, v: 2, key, name };
};
