import { type BsonDocument, compareValues, isDocument } from './bson-values.ts';

/** The result of a dotted path in a document: its end values, and whether some branch lacked the field. */
export interface FoundValues {
  readonly values: unknown[];
  missing: boolean;
}

/**
 * Compiles a dotted path to a look-up function. Arrays on the way are traversed element by element, and by position
 * where the path has a number; an array at the end is one value (manual: "Query an Array of Embedded Documents").
 */
export const fieldPath = (path: string): ((document: BsonDocument) => FoundValues) => {
  if (!path.includes('.')) {
    return (document) =>
      Object.hasOwn(document, path)
        ? { values: [document[path]], missing: document[path] === undefined }
        : { values: [], missing: true };
  }
  const parts = path.split('.');
  return (document) => {
    const found: FoundValues = { values: [], missing: false };
    collect(document, parts, 0, found);
    return found;
  };
};

/** The values at a path for an index or `distinct`: the elements of arrays, or the value itself. */
export const unwound = (found: FoundValues): unknown[] =>
  found.values.flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]));

/**
 * The value that a sort compares: the smallest element of an array when ascending, the largest when descending, null
 * when there is none (manual: "cursor.sort()", "Ascending/Descending Sort").
 */
export const sortValue = (found: FoundValues, direction: 1 | -1): unknown => {
  const only = found.values.length === 1 ? found.values[0] : undefined;
  if (found.values.length === 0) return null;
  if (found.values.length === 1 && !Array.isArray(only)) return only;
  const elements = unwound(found);
  if (elements.length === 0) return undefined;
  return elements.reduce((best, value) => (compareValues(value, best) * direction < 0 ? value : best));
};

const collect = (value: unknown, parts: readonly string[], at: number, found: FoundValues): void => {
  const part = parts[at];
  if (part === undefined) {
    found.values.push(value);
  } else if (Array.isArray(value)) {
    if (/^\d+$/.test(part) && Number(part) < value.length) {
      collect(value[Number(part)], parts, at + 1, found);
    }
    for (const element of value) if (isDocument(element)) collect(element, parts, at, found);
  } else if (isDocument(value) && Object.hasOwn(value, part)) {
    collect(value[part], parts, at + 1, found);
  } else {
    found.missing = true;
  }
};
