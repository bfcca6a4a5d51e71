import { type BsonDocument, equalityKey } from './bson-values.ts';
import { CommandError } from './command-error.ts';
import { fieldPath } from './field-path.ts';
import {
  type HashIndex,
  type IndexSpec,
  type StoredDocument,
  duplicateKey,
  hashIndex,
} from './hash-index.ts';
import { readDocument } from './raw-bson.ts';
import { type TextIndex, textIndex } from './text-index.ts';

/** The index on `_id` that every collection has. */
export const idIndexSpec: IndexSpec = { v: 2, key: { _id: 1 }, name: '_id_' };

/**
 * The documents of one collection and their indexes, in memory. A change is applied to all of them or, when a unique
 * index rejects it, to none. The storage does the journaling.
 */
export interface Collection {
  readonly namespace: string;
  /** Documents by the equality key of their `_id`, in the order of insertion. */
  readonly documents: ReadonlyMap<string, StoredDocument>;
  /** Secondary indexes by name. */
  readonly indexes: ReadonlyMap<string, HashIndex>;
  readonly textIndex: () => TextIndex | undefined;
  /** Total size of all documents, in bytes. */
  readonly bytes: () => number;
  /** Adds a document. Throws error 11000 when a unique index already has its key. */
  insert(bytes: Uint8Array, document: BsonDocument): void;
  /** Changes a document from `before` to `after`. Throws error 11000 like `insert`. */
  replace(stored: StoredDocument, bytes: Uint8Array, before: BsonDocument, after: BsonDocument): void;
  remove(stored: StoredDocument, document: BsonDocument): void;
  /** Builds an index over the existing documents. Throws error 11000 when a unique one cannot hold them. */
  createIndex(spec: IndexSpec): void;
  dropIndex(name: string): void;
  /** Adds or removes a document while the journal is replayed: without checks, and before the indexes are built. */
  restore(idKey: string, bytes: Uint8Array | undefined): void;
  /** Stops background work. */
  close(): void;
}

/** Creates an empty collection. */
export const createCollection = (namespace: string): Collection => {
  const documents = new Map<string, StoredDocument>();
  const indexes = new Map<string, HashIndex>();
  const findId = [fieldPath('_id')];
  let text: TextIndex | undefined;
  let bytesHeld = 0;

  const checkUnique = (document: BsonDocument, self: StoredDocument | undefined): void => {
    for (const index of indexes.values()) index.check(namespace, document, self);
  };

  return {
    namespace,
    documents,
    indexes,
    textIndex: () => text,
    bytes: () => bytesHeld,

    insert(bytes, document) {
      const idKey = equalityKey(document['_id']);
      if (documents.has(idKey)) throw duplicateKey(namespace, idIndexSpec, document, findId);
      checkUnique(document, undefined);
      const stored: StoredDocument = { idKey, bytes };
      documents.set(idKey, stored);
      bytesHeld += bytes.length;
      for (const index of indexes.values()) index.add(stored, document);
      text?.add(stored);
    },

    replace(stored, bytes, before, after) {
      checkUnique(after, stored);
      for (const index of indexes.values()) index.move(stored, before, after);
      text?.remove(stored);
      bytesHeld += bytes.length - stored.bytes.length;
      stored.bytes = bytes;
      text?.add(stored);
    },

    remove(stored, document) {
      if (documents.get(stored.idKey) !== stored) return;
      documents.delete(stored.idKey);
      bytesHeld -= stored.bytes.length;
      for (const index of indexes.values()) index.remove(stored, document);
      text?.remove(stored);
    },

    createIndex(spec) {
      if (Object.values(spec.key).includes('text')) {
        if (text !== undefined) {
          throw new CommandError('CannotCreateIndex', 'only one text index per collection allowed');
        }
        text = textIndex(spec);
        for (const stored of documents.values()) text.add(stored);
        return;
      }
      const index = hashIndex(spec);
      for (const stored of documents.values()) {
        const document = readDocument(stored.bytes);
        index.check(namespace, document, stored);
        index.add(stored, document);
      }
      indexes.set(spec.name, index);
    },

    dropIndex(name) {
      if (text?.spec.name === name) {
        text.close();
        text = undefined;
      }
      indexes.delete(name);
    },

    restore(idKey, bytes) {
      const there = documents.get(idKey);
      bytesHeld += (bytes?.length ?? 0) - (there?.bytes.length ?? 0);
      if (bytes === undefined) documents.delete(idKey);
      else if (there === undefined) documents.set(idKey, { idKey, bytes });
      else there.bytes = bytes;
    },

    close() {
      text?.close();
    },
  };
};
