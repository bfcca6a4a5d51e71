/**
 * Equality and order of BSON values as the server defines them, which differ from JavaScript's and mingo's: numbers
 * are equal across int, long, double and decimal, field order matters in documents, and every type has its position
 * in one order.
 */
import { BSONRegExp, Binary, Decimal128, EJSON, Long, ObjectId, Timestamp } from 'bson';

export type BsonDocument = Record<string, unknown>;

/** Whether a value is an embedded document (and not an array, a date or one of BSON's own classes). */
export const isDocument = (value: unknown): value is BsonDocument =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !('_bsontype' in value) &&
  !(value instanceof Date) &&
  !(value instanceof RegExp) &&
  !(value instanceof Uint8Array);

/** Whether a value counts as a number in arithmetic and comparisons. */
export const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  value instanceof Long ||
  value instanceof Decimal128;

/**
 * A string that is equal for two values exactly when MongoDB considers them equal. A missing field is `undefined` and
 * equals null, as in an index (manual: "Query for Null or Missing Fields").
 */
export const equalityKey = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return `s${value}`;
    case 'number':
      return numberKey(value);
    case 'boolean':
      return value ? 'bt' : 'bf';
    case 'bigint':
      return `n${value}`;
    case 'undefined':
      return 'z';
    default:
      return value === null ? 'z' : objectKey(value);
  }
};

/** Joins the keys of several values into one; different lists never get the same key. */
export const joinKeys = (keys: readonly string[]): string =>
  keys.length === 1 ? (keys[0] ?? '') : keys.map((key) => `${key.length}:${key}`).join('');

const numberKey = (value: number): string => {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return `n${BigInt(value)}`;
  return value === 0 ? 'n0' : `n${value}`;
};

const objectKey = (value: unknown): string => {
  if (value instanceof Date) return `d${value.getTime()}`;
  if (Array.isArray(value)) return `a${joinKeys(['', ...value.map(equalityKey)])}`;
  if (value instanceof ObjectId) return `o${value.toHexString()}`;
  if (value instanceof Binary) return `x${value.sub_type}:${value.toString('base64')}`;
  if (value instanceof Uint8Array) return `x0:${Buffer.from(value).toString('base64')}`;
  if (value instanceof Timestamp) return `t${value.getHighBits()}:${value.getLowBits()}`;
  if (value instanceof Long) return `n${value.toString()}`;
  if (value instanceof Decimal128) {
    const asNumber = Number(value.toString());
    return Number.isSafeInteger(asNumber) ? `n${asNumber}` : `n${value.toString()}`;
  }
  if (value instanceof BSONRegExp) return `r${value.pattern}/${value.options}`;
  if (value instanceof RegExp) return `r${value.source}/${value.flags}`;
  if (isDocument(value)) {
    return `e${joinKeys(['', ...Object.keys(value).flatMap((name) => [name, equalityKey(value[name])])])}`;
  }
  return `?${EJSON.stringify(value, { relaxed: false })}`;
};

/** The position of each type in the order of all values (manual: "Comparison/Sort Order"). */
export const typeOrder = (value: unknown): number => {
  switch (typeof value) {
    case 'undefined':
      return 2;
    case 'number':
    case 'bigint':
      return 3;
    case 'string':
      return 4;
    case 'boolean':
      return 9;
    default:
  }
  if (value === null) return 2;
  if (value instanceof Date) return 10;
  if (value instanceof ObjectId) return 8;
  if (Array.isArray(value)) return 6;
  if (value instanceof Timestamp) return 11;
  if (value instanceof Long || value instanceof Decimal128) return 3;
  if (value instanceof Binary || value instanceof Uint8Array) return 7;
  if (value instanceof RegExp || value instanceof BSONRegExp) return 12;
  if (isDocument(value)) return 5;
  const named = typeof value === 'object' && '_bsontype' in value ? value['_bsontype'] : '';
  if (named === 'MinKey') return 1;
  if (named === 'MaxKey') return 14;
  if (named === 'BSONSymbol') return 4;
  return 13;
};

/** Negative, zero or positive, as `left` sorts before, equal to or after `right` in MongoDB's order. */
export const compareValues = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  const type = typeOrder(left);
  const byType = type - typeOrder(right);
  if (byType !== 0) return byType;
  switch (type) {
    case 3:
      return compareMixedNumbers(left, right);
    case 5:
      return compareDocuments(left, right);
    case 6:
      return compareLists(left, right);
    case 7:
      return compareBytes(left, right);
    case 9:
    case 10:
      return Number(left) - Number(right);
    case 11:
      return left instanceof Timestamp && right instanceof Timestamp ? left.compare(right) : 0;
    default: {
      const [leftKey, rightKey] = [equalityKey(left), equalityKey(right)];
      return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
    }
  }
};

const compareNumbers = (left: number, right: number): number => {
  // NaN is the smallest number and equal to itself.
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
  if (Number.isNaN(right)) return 1;
  return left - right;
};

const compareMixedNumbers = (left: unknown, right: unknown): number => {
  if (typeof left !== 'number' && typeof right !== 'number' && isWhole(left) && isWhole(right)) {
    const [leftWhole, rightWhole] = [BigInt(left.toString()), BigInt(right.toString())];
    return leftWhole < rightWhole ? -1 : leftWhole > rightWhole ? 1 : 0;
  }
  return compareNumbers(Number(String(left)), Number(String(right)));
};

const isWhole = (value: unknown): value is Long | bigint =>
  typeof value === 'bigint' || value instanceof Long;

/** Compares UTF-8 bytes, like the server; UTF-16 order differs only where surrogates occur. */
const compareStrings = (left: string, right: string): number => {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  if (at === length) return left.length - right.length;
  const [leftUnit, rightUnit] = [left.charCodeAt(at), right.charCodeAt(at)];
  const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
  if (isSurrogate(leftUnit) !== isSurrogate(rightUnit)) return isSurrogate(leftUnit) ? 1 : -1;
  return leftUnit - rightUnit;
};

const compareDocuments = (left: unknown, right: unknown): number => {
  if (!isDocument(left) || !isDocument(right)) return 0;
  const [leftNames, rightNames] = [Object.keys(left), Object.keys(right)];
  for (let at = 0; at < Math.min(leftNames.length, rightNames.length); at += 1) {
    const [leftName, rightName] = [leftNames[at] ?? '', rightNames[at] ?? ''];
    const order =
      typeOrder(left[leftName]) - typeOrder(right[rightName]) ||
      compareStrings(leftName, rightName) ||
      compareValues(left[leftName], right[rightName]);
    if (order !== 0) return order;
  }
  return leftNames.length - rightNames.length;
};

const compareLists = (left: unknown, right: unknown): number => {
  if (!Array.isArray(left) || !Array.isArray(right)) return 0;
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const order = compareValues(left[at], right[at]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
};

/** By length, then subtype, then bytes (manual: "Comparison/Sort Order", BinData). */
const compareBytes = (left: unknown, right: unknown): number => {
  const [leftBytes, rightBytes] = [bytesOf(left), bytesOf(right)];
  return (
    leftBytes.bytes.length - rightBytes.bytes.length ||
    leftBytes.subtype - rightBytes.subtype ||
    Buffer.compare(leftBytes.bytes, rightBytes.bytes)
  );
};

const bytesOf = (value: unknown): { bytes: Uint8Array; subtype: number } => {
  if (value instanceof Binary) return { bytes: value.value(), subtype: value.sub_type };
  return { bytes: value instanceof Uint8Array ? value : new Uint8Array(), subtype: 0 };
};
