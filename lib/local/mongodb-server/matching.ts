/**
 * Query predicates. mingo parses and combines them; its comparisons are replaced by MongoDB's own equality and order,
 * so that a scan finds exactly what an index finds.
 */
import { BSONRegExp, Binary, Decimal128, Long, ObjectId, Timestamp } from 'bson';
import { Context } from 'mingo/core';
import * as accumulatorOperators from 'mingo/operators/accumulator';
import * as expressionOperators from 'mingo/operators/expression';
import * as pipelineOperators from 'mingo/operators/pipeline';
import * as projectionOperators from 'mingo/operators/projection';
import * as queryOperators from 'mingo/operators/query';
import * as windowOperators from 'mingo/operators/window';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { type BsonDocument, compareValues, equalityKey, isDocument, typeOrder } from './bson-values.ts';
import { CommandError } from './command-error.ts';
import { fieldPath } from './field-path.ts';

type Predicate = (document: BsonDocument) => boolean;

/** Options for everything that mingo evaluates: BSON's comparisons, and no JavaScript from clients. */
export const evaluation = (extra: Partial<Options> = {}): Partial<Options> => ({
  context,
  scriptEnabled: false,
  ...extra,
});

/** Compiles a filter to a predicate. Throws CommandError BadValue for a filter that MongoDB would reject. */
export const matcher = (filter: BsonDocument, variables?: BsonDocument): Predicate => {
  if (Object.keys(filter).length === 0) return () => true;
  const query = evaluated(() => new Query(filter, evaluation(variables === undefined ? {} : { variables })));
  return (document) => evaluated(() => query.test(document));
};

/** Runs mingo's code and converts its errors to BadValue, since the client's input caused them. */
export const evaluated = <Result>(run: () => Result): Result => {
  try {
    return run();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof Error) throw new CommandError('BadValue', error.message);
    throw error;
  }
};

/** Converts the regular expressions of a received filter (PCRE, in BSON) to JavaScript's. */
export const withRegExps = (value: unknown): unknown => {
  if (value instanceof BSONRegExp) return toRegExp(value);
  if (Array.isArray(value)) return value.map(withRegExps);
  if (!isDocument(value)) return value;
  const converted: BsonDocument = {};
  for (const name of Object.keys(value)) {
    const inner = withRegExps(value[name]);
    if (name === '$regex') converted[name] = inner instanceof RegExp ? inner : String(inner);
    else if (name !== '$comment') converted[name] = inner;
  }
  return converted;
};

const toRegExp = ({ pattern, options }: BSONRegExp): RegExp => {
  try {
    return new RegExp(pattern, options.replace(/[^ims]/g, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new CommandError('BadValue', `Regular expression is invalid: ${reason}`);
  }
};

/** Whether some value at the path, or some element of an array there, passes. */
const some = (selector: string, passes: (value: unknown) => boolean, missingPasses: boolean): Predicate => {
  const find = fieldPath(selector);
  return (document) => {
    const found = find(document);
    if (found.missing && missingPasses) return true;
    return found.values.some((value) => passes(value) || (Array.isArray(value) && value.some(passes)));
  };
};

const equals = (selector: string, operand: unknown): Predicate => {
  if (typeof operand === 'string') return some(selector, (value) => value === operand, false);
  const key = equalityKey(operand);
  return some(selector, (value) => equalityKey(value) === key, operand === null || operand === undefined);
};

const oneOf = (selector: string, operands: unknown): Predicate => {
  if (!Array.isArray(operands)) throw new CommandError('BadValue', '$in needs an array');
  const patterns = operands.filter((operand) => operand instanceof RegExp);
  const keys = new Set(operands.map(equalityKey));
  const passes = (value: unknown) =>
    keys.has(equalityKey(value)) ||
    (typeof value === 'string' && patterns.some((pattern) => pattern.test(value)));
  return some(selector, passes, keys.has(equalityKey(null)));
};

/** Ranges compare within one type only (manual: "Comparison Query Operators", type bracketing). */
const range = (selector: string, operand: unknown, wanted: (order: number) => boolean): Predicate => {
  const type = typeOrder(operand);
  const passes = (value: unknown) => typeOrder(value) === type && wanted(compareValues(value, operand));
  return some(selector, passes, (operand === null || operand === undefined) && wanted(0));
};

const negated =
  (predicate: Predicate): Predicate =>
  (document) =>
    !predicate(document);

const typeNames: Readonly<Record<string, (value: unknown) => boolean>> = {
  double: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  object: isDocument,
  array: Array.isArray,
  binData: (value) => value instanceof Binary,
  objectId: (value) => value instanceof ObjectId,
  bool: (value) => typeof value === 'boolean',
  date: (value) => value instanceof Date,
  null: (value) => value === null,
  regex: (value) => value instanceof BSONRegExp || value instanceof RegExp,
  int: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  long: (value) => value instanceof Long || Number.isSafeInteger(value),
  decimal: (value) => value instanceof Decimal128,
  timestamp: (value) => value instanceof Timestamp,
  number: (value) => typeOrder(value) === 3,
};

const typeNumbers: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
};

const hasType = (selector: string, operand: unknown): Predicate => {
  const tests = (Array.isArray(operand) ? operand : [operand]).map((wanted: unknown) => {
    const name = typeof wanted === 'number' ? typeNumbers[wanted] : String(wanted);
    const test = name === undefined || !Object.hasOwn(typeNames, name) ? undefined : typeNames[name];
    if (test === undefined) throw new CommandError('BadValue', `Unknown type name alias: ${String(wanted)}`);
    return test;
  });
  return some(selector, (value) => tests.some((test) => test(value)), false);
};

/** Adapts an operator to the arguments with which mingo calls it. */
const operator =
  (make: (selector: string, operand: unknown) => Predicate) =>
  (selector: string, operand: unknown, _options: unknown) =>
    make(selector, operand);

const comparisons = {
  $eq: operator(equals),
  $ne: operator((selector, operand) => negated(equals(selector, operand))),
  $in: operator(oneOf),
  $nin: operator((selector, operand) => negated(oneOf(selector, operand))),
  $gt: operator((selector, operand) => range(selector, operand, (order) => order > 0)),
  $gte: operator((selector, operand) => range(selector, operand, (order) => order >= 0)),
  $lt: operator((selector, operand) => range(selector, operand, (order) => order < 0)),
  $lte: operator((selector, operand) => range(selector, operand, (order) => order <= 0)),
  $type: operator(hasType),
};

const context = Context.init({
  accumulator: accumulatorOperators,
  expression: expressionOperators,
  pipeline: pipelineOperators,
  projection: projectionOperators,
  window: windowOperators,
})
  // mingo keeps the operator that was registered first.
  .addQueryOps(comparisons)
  .addQueryOps(queryOperators);
