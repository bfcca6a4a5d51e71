/** Sorting, limiting and projecting the results of a plan; shared by the commands that read. */
import { type BsonDocument, compareValues, isDocument } from '../bson-values.ts';
import { CommandError, notSupported } from '../command-error.ts';
import { fieldPath, sortValue } from '../field-path.ts';
import { evaluated, evaluation } from '../matching.ts';
import { Query } from 'mingo/query';
import { type FoundDocument, type Plan, runPlan } from '../query-plan.ts';
import { pickFields, readDocument, writeDocument } from '../raw-bson.ts';

export interface FindOptions {
  /** Empty for insertion order. */
  readonly sort: ReadonlyArray<readonly [field: string, direction: 1 | -1]>;
  readonly skip: number;
  /** 0 for no limit. */
  readonly limit: number;
  readonly variables: BsonDocument | undefined;
}

/** Runs a plan and yields results in order. Without a sort, the results are produced lazily. */
export const findSorted = function* (plan: Plan, options: FindOptions): Generator<FoundDocument> {
  const { sort, skip, limit } = options;
  let found: Iterable<FoundDocument> = runPlan(plan, options.variables);
  const natural = sort.find(([field]) => field === '$natural');
  if (natural?.[1] === -1) found = [...found].toReversed();
  else if (natural === undefined && sort.length > 0) found = sorted(found, sort);
  let at = 0;
  for (const each of found) {
    at += 1;
    if (at <= skip) continue;
    yield each;
    if (limit > 0 && at === skip + limit) return;
  }
};

/** Returns the bytes of documents under a projection. Only the positional operator needs `filter`. */
export const projector = (
  projection: BsonDocument,
  filter: BsonDocument,
): ((bytes: Uint8Array) => Uint8Array) => {
  const plain = plainProjection(projection);
  if (plain !== undefined) {
    const { names, keep } = plain;
    return names.size === 0 && !keep ? (bytes) => bytes : (bytes) => pickFields(bytes, names, keep);
  }
  const isPositional = Object.keys(projection).some((path) => path.endsWith('.$'));
  return (bytes) => {
    const document = readDocument(bytes);
    const projected = evaluated(() =>
      new Query(isPositional ? filter : {}, evaluation()).find<BsonDocument>([document], projection).all(),
    );
    return writeDocument(projected[0] ?? {});
  };
};

/** Rejects a collation that would compare differently from a comparison of bytes. */
export const refuseCollation = (source: BsonDocument): void => {
  const collation = source['collation'];
  if (isDocument(collation) && collation['locale'] !== 'simple') throw notSupported('collation');
};

/** A projection that only lists top-level fields to keep or to leave out. */
const plainProjection = (projection: BsonDocument): { names: Set<string>; keep: boolean } | undefined => {
  const names = new Set<string>();
  let keep: boolean | undefined;
  let keepId: boolean | undefined;
  for (const [field, value] of Object.entries(projection)) {
    if (isDocument(value) && '$meta' in value) throw notSupported('$meta');
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    if (!isPlain || field.includes('.') || field.startsWith('$')) return undefined;
    if (field === '_id') {
      keepId = Boolean(value);
      continue;
    }
    if (keep !== undefined && keep !== Boolean(value)) {
      throw new CommandError(
        'BadValue',
        `Cannot do ${keep ? 'exclusion' : 'inclusion'} on field ${field} in ${keep ? 'inclusion' : 'exclusion'} projection`,
      );
    }
    keep = Boolean(value);
    names.add(field);
  }
  keep ??= keepId ?? false;
  // `_id` is part of the result unless the projection excludes it by name.
  if (keep === (keepId ?? true)) names.add('_id');
  return { names, keep };
};

const sorted = (found: Iterable<FoundDocument>, sort: FindOptions['sort']): FoundDocument[] => {
  const finders = sort.map(([field, direction]) => ({ find: fieldPath(field), direction }));
  const keyed = [...found].map((each) => ({
    each,
    keys: finders.map(({ find, direction }) => sortValue(find(each.document), direction)),
  }));
  keyed.sort((left, right) => {
    for (const [at, { direction }] of finders.entries()) {
      const order = compareValues(left.keys[at], right.keys[at]) * direction;
      if (order !== 0) return order;
    }
    return 0;
  });
  return keyed.map(({ each }) => each);
};
