import { EJSON, ObjectId } from 'bson';
import { type BsonDocument, equalityKey, joinKeys } from './bson-values.ts';
import { CommandError } from './command-error.ts';
import { type FoundValues, fieldPath } from './field-path.ts';
import { matcher } from './matching.ts';

/** A document in memory: its bytes as stored, and the key of its `_id`. */
export interface StoredDocument {
  readonly idKey: string;
  bytes: Uint8Array;
}

/** An index as `createIndexes` defines and `listIndexes` shows it. */
export interface IndexSpec extends BsonDocument {
  readonly v: 2;
  readonly key: BsonDocument;
  readonly name: string;
}

/**
 * An index over one or more fields. It answers equality queries on any prefix of its fields by hash; it keeps no
 * order, so it supports neither ranges nor sorts.
 */
export interface HashIndex {
  readonly spec: IndexSpec;
  readonly fields: readonly string[];
  readonly unique: boolean;
  /** Whether documents may be missing from the index, so that it cannot answer queries for null, nor every filter. */
  readonly sparse: boolean;
  readonly partial: boolean;
  add(stored: StoredDocument, document: BsonDocument): void;
  remove(stored: StoredDocument, document: BsonDocument): void;
  /** Moves a changed document from its old keys to its new ones; a no-op when they are equal. */
  move(stored: StoredDocument, before: BsonDocument, after: BsonDocument): void;
  /** Throws the duplicate-key error when a document other than `self` holds a key of a unique index. */
  check(namespace: string, document: BsonDocument, self: StoredDocument | undefined): void;
  /** The documents whose first fields have the given equality keys; one list of alternatives per field. */
  find(alternatives: ReadonlyArray<readonly string[]>): Iterable<StoredDocument>;
  /** Returns a predicate for whether `find` would return a document, as of the call. */
  finds(alternatives: ReadonlyArray<readonly string[]>): (stored: StoredDocument) => boolean;
  /** How many documents `find` would return. */
  count(alternatives: ReadonlyArray<readonly string[]>): number;
}

/** Most index entries have one document per key, and a Set for each would cost more memory than the documents. */
type Bucket = StoredDocument | Set<StoredDocument>;

/** Creates an empty index. */
export const hashIndex = (spec: IndexSpec): HashIndex => {
  const fields = Object.keys(spec.key);
  const finders = fields.map(fieldPath);
  const unique = spec['unique'] === true;
  const sparse = spec['sparse'] === true;
  const partialFilter = spec['partialFilterExpression'];
  const covers =
    typeof partialFilter === 'object' && partialFilter !== null ? matcher({ ...partialFilter }) : undefined;
  // prefixes[n] maps the joined keys of the first n + 1 fields.
  const prefixes = fields.map(() => new Map<string, Bucket>());

  const isIndexed = (document: BsonDocument, found: readonly FoundValues[]): boolean => {
    if (sparse && found.every(({ values }) => values.length === 0)) return false;
    return covers === undefined || covers(document);
  };

  /** The joined keys of a document for each prefix length. */
  const keysOf = (document: BsonDocument): string[][] => {
    const found = finders.map((find) => find(document));
    if (!isIndexed(document, found)) return fields.map(() => []);
    let combined: string[][] = [[]];
    return found.map((values) => {
      const keys = fieldKeys(values);
      combined = combined.flatMap((before) => keys.map((key) => [...before, key]));
      return [...new Set(combined.map(joinKeys))];
    });
  };

  const putKeys = (stored: StoredDocument, keys: readonly string[][]): void => {
    keys.forEach((prefixKeys, at) => {
      const map = prefixes[at];
      if (map === undefined) return;
      for (const key of prefixKeys) {
        const bucket = map.get(key);
        if (bucket === undefined) map.set(key, stored);
        else if (bucket instanceof Set) bucket.add(stored);
        else if (bucket !== stored) map.set(key, new Set([bucket, stored]));
      }
    });
  };

  const dropKeys = (stored: StoredDocument, keys: readonly string[][]): void => {
    keys.forEach((prefixKeys, at) => {
      const map = prefixes[at];
      if (map === undefined) return;
      for (const key of prefixKeys) {
        const bucket = map.get(key);
        if (bucket === stored) map.delete(key);
        else if (bucket instanceof Set && bucket.delete(stored) && bucket.size === 0) map.delete(key);
      }
    });
  };

  /** The joined keys of the alternatives, and the map in which to look them up. */
  const keysIn = (
    alternatives: ReadonlyArray<readonly string[]>,
  ): { map: ReadonlyMap<string, Bucket>; keys: readonly string[] } => {
    const map = prefixes[alternatives.length - 1] ?? new Map<string, Bucket>();
    let combined: string[][] = [[]];
    for (const keys of alternatives) {
      combined = combined.flatMap((before) => keys.map((key) => [...before, key]));
    }
    return { map, keys: [...new Set(combined.map(joinKeys))] };
  };

  return {
    spec,
    fields,
    unique,
    sparse,
    partial: covers !== undefined,
    add(stored, document) {
      putKeys(stored, keysOf(document));
    },
    remove(stored, document) {
      dropKeys(stored, keysOf(document));
    },
    move(stored, before, after) {
      const [oldKeys, newKeys] = [keysOf(before), keysOf(after)];
      if (sameKeys(oldKeys, newKeys)) return;
      dropKeys(stored, oldKeys);
      putKeys(stored, newKeys);
    },
    check(namespace, document, self) {
      if (!unique) return;
      const whole = prefixes.at(-1);
      for (const key of keysOf(document).at(-1) ?? []) {
        const bucket = whole?.get(key);
        if (bucket !== undefined && bucket !== self) throw duplicateKey(namespace, spec, document, finders);
      }
    },
    *find(alternatives) {
      const seen = new Set<StoredDocument>();
      const { map, keys } = keysIn(alternatives);
      for (const key of keys) {
        for (const stored of documentsIn(map.get(key))) {
          if (seen.has(stored)) continue;
          seen.add(stored);
          yield stored;
        }
      }
    },
    finds(alternatives) {
      const { map, keys } = keysIn(alternatives);
      return (stored) =>
        keys.some((key) => {
          const bucket = map.get(key);
          return bucket === stored || (bucket instanceof Set && bucket.has(stored));
        });
    },
    count(alternatives) {
      const { map, keys } = keysIn(alternatives);
      return keys.reduce((sum, key) => {
        const bucket = map.get(key);
        return sum + (bucket instanceof Set ? bucket.size : bucket === undefined ? 0 : 1);
      }, 0);
    },
  };
};

const documentsIn = (bucket: Bucket | undefined): Iterable<StoredDocument> => {
  if (bucket === undefined) return [];
  return bucket instanceof Set ? bucket : [bucket];
};

/** Error 11000 with the message and fields of the real server. */
export const duplicateKey = (
  namespace: string,
  spec: IndexSpec,
  document: BsonDocument,
  finders: ReadonlyArray<(document: BsonDocument) => FoundValues>,
): CommandError => {
  const keyValue: BsonDocument = {};
  Object.keys(spec.key).forEach((field, at) => {
    keyValue[field] = finders[at]?.(document).values[0] ?? null;
  });
  const shown = Object.entries(keyValue).map(([field, value]) => `${field}: ${shownValue(value)}`);
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${spec.name} dup key: { ${shown.join(', ')} }`,
    { keyPattern: spec.key, keyValue },
  );
};

const shownValue = (value: unknown): string => {
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  return EJSON.stringify(value);
};

/** An array is indexed by each element and as a whole; a missing field as null (manual: "Multikey Indexes"). */
const fieldKeys = ({ values, missing }: FoundValues): string[] => {
  const keys: string[] = [];
  for (const value of values) {
    keys.push(equalityKey(value));
    if (Array.isArray(value)) for (const element of value) keys.push(equalityKey(element));
  }
  if (missing) keys.push(equalityKey(null));
  return keys.length === 1 ? keys : [...new Set(keys)];
};

const sameKeys = (left: readonly string[][], right: readonly string[][]): boolean =>
  left.every((keys, at) => {
    const others = right[at] ?? [];
    return keys.length === others.length && keys.every((key, index) => key === others[index]);
  });
