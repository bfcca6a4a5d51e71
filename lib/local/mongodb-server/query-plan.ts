/**
 * Chooses how the documents for a filter are found: by an index when the filter fixes its first fields by equality or
 * `$in`, by the text index for `$text`, else by a full scan.
 */
import { type BsonDocument, equalityKey, isDocument, joinKeys } from './bson-values.ts';
import { type Collection, idIndexSpec } from './collection.ts';
import { CommandError } from './command-error.ts';
import type { HashIndex, IndexSpec, StoredDocument } from './hash-index.ts';
import { matcher } from './matching.ts';
import { readDocument } from './raw-bson.ts';
import { type TextSearch, parseTextSearch } from './text-index.ts';

export interface Plan {
  readonly stage: 'COLLSCAN' | 'IXSCAN' | 'TEXT_MATCH' | 'EOF';
  /** The index that is used; for IXSCAN and TEXT_MATCH. */
  readonly index: IndexSpec | undefined;
  /** Every document that may match, each once; a superset of those that do. */
  readonly candidates: () => Iterable<StoredDocument>;
  /** The filter without `$text`, which the candidates already satisfy. */
  readonly filter: BsonDocument;
  /** Tells by indexes alone whether a candidate matches; undefined when its fields have to be read. */
  readonly matchesByIndex?: ((stored: StoredDocument) => boolean) | undefined;
}

/** A found document. Its fields are parsed on first use. */
export interface FoundDocument {
  readonly stored: StoredDocument;
  readonly document: BsonDocument;
}

/** With more combinations of `$in` values than this, looking each up does not pay off. */
const mostCombinations = 10_000;

/** Plans a filter whose regular expressions are converted (`withRegExps`). */
export const planQuery = (collection: Collection | undefined, filter: BsonDocument): Plan => {
  const { rest, search } = splitText(filter);
  if (collection === undefined) {
    return { stage: 'EOF', index: undefined, candidates: () => [], filter: rest };
  }
  const fixed = fixedFields(rest);
  if (search !== undefined) return planText(collection, rest, search, fixed);
  const ids = fixed.get('_id');
  if (ids !== undefined) {
    const candidates = () => [...ids].flatMap((key) => collection.documents.get(key) ?? []);
    return { stage: 'IXSCAN', index: idIndexSpec, candidates, filter: rest };
  }
  let best: { cost: number; index: HashIndex; alternatives: string[][] } | undefined;
  for (const index of collection.indexes.values()) {
    const alternatives = usablePrefix(index, fixed);
    if (alternatives === undefined) continue;
    const cost = index.count(alternatives);
    if (best === undefined || cost < best.cost) best = { cost, index, alternatives };
  }
  if (best !== undefined) {
    const { index, alternatives } = best;
    return {
      stage: 'IXSCAN',
      index: index.spec,
      candidates: () => index.find(alternatives),
      filter: rest,
      matchesByIndex: matchesByIndex(collection, rest, fixed, index.fields.slice(0, alternatives.length)),
    };
  }
  return {
    stage: 'COLLSCAN',
    index: undefined,
    candidates: () => collection.documents.values(),
    filter: rest,
  };
};

/** Runs a plan. The collection may change between two results; documents deleted meanwhile are skipped. */
export const runPlan = function* (plan: Plan, variables?: BsonDocument): Generator<FoundDocument> {
  const { filter, matchesByIndex: decided } = plan;
  const matches = decided === undefined ? matcher(filter, variables) : undefined;
  for (const stored of plan.candidates()) {
    const found = foundDocument(stored);
    if (decided?.(stored) === true || matches?.(found.document) === true) yield found;
  }
};

const foundDocument = (stored: StoredDocument): FoundDocument => {
  let document: BsonDocument | undefined;
  return {
    stored,
    get document() {
      return (document ??= readDocument(stored.bytes));
    },
  };
};

/**
 * Decides by other indexes what the candidates' own index has not decided, when a filter consists only of one
 * equality or one `$in` per field.
 *
 * @param decided the fields by which the candidates were found
 */
const matchesByIndex = (
  collection: Collection,
  filter: BsonDocument,
  fixed: Map<string, Set<string>>,
  decided: readonly string[],
): Plan['matchesByIndex'] => {
  const predicates: Array<(stored: StoredDocument) => boolean> = [];
  for (const [field, condition] of Object.entries(filter)) {
    const keys = fixed.get(field);
    const isOne = !isDocument(condition) || !hasOperator(condition) || Object.keys(condition).length === 1;
    if (keys === undefined || !isOne) return undefined;
    if (decided.includes(field)) continue;
    const index = [...collection.indexes.values()].find((one) => usablePrefix(one, new Map([[field, keys]])));
    if (index === undefined) return undefined;
    predicates.push(index.finds([[...keys]]));
  }
  return (stored) => predicates.every((matches) => matches(stored));
};

/**
 * The fields that a filter fixes to one or several values, as equality keys. Only conditions at the top or in a
 * top-level `$and` bind the whole filter.
 */
const fixedFields = (filter: BsonDocument): Map<string, Set<string>> => {
  const fixed = new Map<string, Set<string>>();
  for (const { field, values } of equalities(filter)) {
    const keys = new Set(values.map(equalityKey));
    const before = fixed.get(field);
    // Different elements of an array may satisfy two conditions on one field, so only the smaller set is used.
    if (before === undefined || keys.size < before.size) fixed.set(field, keys);
  }
  return fixed;
};

const hasOperator = (condition: BsonDocument): boolean =>
  Object.keys(condition).some((name) => name.startsWith('$'));

/** The equality conditions of a filter: `{a: 1}`, `{a: {$eq: 1}}`, `{a: {$in: [1, 2]}}`. */
export const equalities = function* (filter: BsonDocument): Generator<{ field: string; values: unknown[] }> {
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$and' && Array.isArray(condition)) {
      for (const part of condition) if (isDocument(part)) yield* equalities(part);
    }
    if (field.startsWith('$') || condition instanceof RegExp) continue;
    if (!isDocument(condition) || !hasOperator(condition)) {
      yield { field, values: [condition] };
      continue;
    }
    if (Object.hasOwn(condition, '$eq')) yield { field, values: [condition['$eq']] };
    const among = condition['$in'];
    if (Array.isArray(among) && !among.some((value) => value instanceof RegExp))
      yield { field, values: among };
  }
};

/** The equality keys for as many first fields of an index as the filter fixes; undefined when the index is unusable. */
const usablePrefix = (index: HashIndex, fixed: Map<string, Set<string>>): string[][] | undefined => {
  if (index.partial) return undefined;
  const alternatives: string[][] = [];
  let combinations = 1;
  for (const field of index.fields) {
    const keys = fixed.get(field);
    if (keys === undefined || (index.sparse && keys.has(equalityKey(null)))) break;
    combinations *= keys.size;
    if (combinations > mostCombinations) break;
    alternatives.push([...keys]);
  }
  // A sparse compound index leaves out documents that have none of its fields; fixing one is enough.
  return alternatives.length === 0 ? undefined : alternatives;
};

const planText = (
  collection: Collection,
  rest: BsonDocument,
  search: TextSearch,
  fixed: Map<string, Set<string>>,
): Plan => {
  const index = collection.textIndex();
  if (index === undefined) throw new CommandError('IndexNotFound', 'text index required for $text query');
  const prefixKeys = index.prefix.map((field) => {
    const keys = fixed.get(field);
    if (keys?.size === 1) return joinKeys([...keys]);
    throw new CommandError(
      'NoQueryExecutionPlans',
      'error processing query: failed to use text index to satisfy $text query (if text index is compound, are equality predicates given for all prefix fields?)',
    );
  });
  return {
    stage: 'TEXT_MATCH',
    index: index.spec,
    candidates: () => index.search(search, prefixKeys),
    filter: rest,
  };
};

/** Removes `$text` from a filter; it may stand at the top or in a top-level `$and`. */
const splitText = (filter: BsonDocument): { rest: BsonDocument; search: TextSearch | undefined } => {
  let search: TextSearch | undefined;
  const rest: BsonDocument = {};
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$text') {
      if (search !== undefined) throw new CommandError('BadValue', 'Too many text expressions');
      search = parseTextSearch(condition);
    } else if (field === '$and' && Array.isArray(condition)) {
      const parts = condition.map((part: unknown) => {
        if (!isDocument(part)) return part;
        const split = splitText(part);
        search ??= split.search;
        return split.rest;
      });
      rest[field] = parts;
    } else {
      rest[field] = condition;
    }
  }
  return { rest, search };
};
