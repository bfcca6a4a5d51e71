import { createKey } from 'dynalite/db/index.js';

/** Reads a value of dynalite's store as JSON. */
export type ReadValue = (key: string) => string | undefined;

interface StoredTable {
  readonly KeySchema: readonly { readonly AttributeName: string }[];
  readonly AttributeDefinitions: readonly object[];
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const MAX_KEYS = 100;
/** DynamoDB leaves keys unprocessed beyond its own limit, which is larger. */
const MAX_CHARACTERS = 1024 * 1024;

/** The number that forms the whole key, if it does. */
const numberOf = (key: unknown, attribute: string): string | undefined => {
  if (!isObject(key) || Object.keys(key).length > 1) return undefined;
  const { [attribute]: value } = key;
  const number = isObject(value) ? value['N'] : undefined;
  return typeof number === 'string' && /^[1-9]\d{0,14}$/.test(number) ? number : undefined;
};

/**
 * The numbers in a request's keys, provided that the request asks for whole items of one table by such keys and for
 * nothing else.
 */
const numbersOf = (request: unknown, attribute: string): string[] | undefined => {
  if (!isObject(request)) return undefined;
  const { Keys: keys, ConsistentRead: _, ...others } = request;
  if (!Array.isArray(keys) || Object.keys(others).length > 0) return undefined;
  if (keys.length === 0 || keys.length > MAX_KEYS) return undefined;
  const numbers = new Set(keys.map((key) => numberOf(key, attribute)));
  const known = [...numbers].filter((number) => number !== undefined);
  return known.length === keys.length ? known : undefined;
};

/**
 * Handles a `BatchGetItem` in the form in which broadcasts send it: whole items of one table, by number. dynalite
 * takes a millisecond for ten of them, a tenth of the CPU time of a message on this machine: it reads the table's
 * definition before each item, and returns to the event loop after each.
 *
 * @param body the operation's input as JSON
 * @returns the output as JSON; undefined for requests that dynalite must handle
 */
export const readBatch = (body: string, read: ReadValue): string | undefined => {
  const input = parsed(body);
  if (!isObject(input) || !isObject(input['RequestItems']) || Object.keys(input).length > 1) return undefined;
  const [[name, request] = ['', undefined], ...more] = Object.entries(input['RequestItems']);
  const stored = read(`table~${name}`);
  if (stored === undefined || more.length > 0) return undefined;
  const table = JSON.parse(stored) as StoredTable;
  const [partition, sort] = table.KeySchema;
  if (partition === undefined || sort !== undefined) return undefined;
  const { AttributeName: attribute } = partition;
  const numbers = numbersOf(request, attribute);
  if (numbers === undefined) return undefined;
  const items = numbers.flatMap(
    (N) => read(`item-${name}~${createKey({ [attribute]: { N } }, table)}`) ?? [],
  );
  // DynamoDB guarantees no order, so nobody should rely on one.
  const list = items.toReversed().join(',');
  return list.length > MAX_CHARACTERS
    ? undefined
    : `{"Responses":{${JSON.stringify(name)}:[${list}]},"UnprocessedKeys":{}}`;
};
