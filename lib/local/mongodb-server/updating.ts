/**
 * Applies an update command to one document: a replacement, update operators, or a pipeline. Assignments to plain
 * paths are implemented here, with BSON's equality; mingo does the other operators.
 */
import { ObjectId } from 'bson';
import { Aggregator } from 'mingo/aggregator';
import { updateOne } from 'mingo/updater';
import { type BsonDocument, equalityKey, isDocument, isNumeric } from './bson-values.ts';
import { CommandError } from './command-error.ts';
import { fieldPath } from './field-path.ts';
import { evaluated, evaluation } from './matching.ts';
import { equalities } from './query-plan.ts';

export interface UpdateRequest {
  /** A replacement document, a document of operators, or a pipeline. */
  readonly update: unknown;
  /** The filter by which the document was found; the positional operator `$` needs it. */
  readonly filter: BsonDocument;
  readonly arrayFilters: readonly BsonDocument[];
  readonly variables: BsonDocument | undefined;
}

const pipelineStages = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);
const operators = new Set([
  '$set',
  '$unset',
  '$setOnInsert',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$rename',
  '$currentDate',
  '$push',
  '$pull',
  '$pullAll',
  '$pop',
  '$addToSet',
  '$bit',
]);

/** The kind of an update, checked as far as possible without a document. Throws FailedToParse. */
export const updateKind = (update: unknown): 'replacement' | 'operators' | 'pipeline' => {
  if (Array.isArray(update)) {
    for (const stage of update) {
      const name = isDocument(stage) ? (Object.keys(stage)[0] ?? '') : '';
      if (!pipelineStages.has(name)) {
        throw new CommandError('InvalidOptions', `Unrecognized pipeline stage name: '${name}'`);
      }
    }
    return 'pipeline';
  }
  if (!isDocument(update))
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  const names = Object.keys(update);
  if (names.length === 0 || !names[0]?.startsWith('$')) {
    const operator = names.find((name) => name.startsWith('$'));
    if (operator === undefined) return 'replacement';
    throw new CommandError(
      'FailedToParse',
      `The dollar ($) prefixed field '${operator}' is not allowed in the context of an update's replacement document.`,
    );
  }
  const paths = new Set<string>();
  for (const name of names) {
    if (!operators.has(name)) {
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    const fields = update[name];
    if (!isDocument(fields)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found another type for ${name}`,
      );
    }
    for (const [path, value] of Object.entries(fields)) {
      checkPath(path, paths);
      if (name === '$rename') checkPath(String(value), paths);
      if ((name === '$inc' || name === '$mul') && !isNumeric(value)) {
        throw new CommandError(
          'TypeMismatch',
          `Cannot ${name === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${path}: ${JSON.stringify(value)}}`,
        );
      }
    }
  }
  return 'operators';
};

/** Applies the update to the document. `document` must be the caller's own copy; it is modified. */
export const applyUpdate = (document: BsonDocument, request: UpdateRequest): BsonDocument => {
  const id = document['_id'];
  const after = changed(document, request, false);
  if (equalityKey(after['_id']) !== equalityKey(id)) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  return after;
};

/**
 * The document that an upsert inserts: the fields that the filter fixes by equality, with the update applied (manual:
 * "db.collection.updateOne()", "Upsert"). Its `_id` comes from the filter or the update, or is generated here.
 */
export const upsertDocument = (request: UpdateRequest): BsonDocument => {
  const start: BsonDocument = {};
  for (const { field, values } of equalities(request.filter)) {
    const only = values.length === 1;
    if (only && updateKind(request.update) !== 'replacement') assign(start, field, values[0]);
    else if (only && field === '_id') start['_id'] = values[0];
  }
  const { _id: fixedId } = start;
  const after = changed(start, request, true);
  if (fixedId !== undefined && equalityKey(after['_id']) !== equalityKey(fixedId)) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  const { _id: id = new ObjectId(), ...fields } = after;
  return { _id: id, ...fields };
};

const changed = (document: BsonDocument, request: UpdateRequest, inserting: boolean): BsonDocument => {
  const { update } = request;
  const kind = updateKind(update);
  if (kind === 'pipeline' && Array.isArray(update)) {
    const stages = update.filter(isDocument);
    const options = evaluation(request.variables === undefined ? {} : { variables: request.variables });
    return { ...evaluated(() => new Aggregator(stages, options).run([document]))[0] };
  }
  if (!isDocument(update)) return document;
  if (kind === 'replacement') {
    const { _id: ownId = document['_id'], ...fields } = update;
    return ownId === undefined ? fields : { _id: ownId, ...fields };
  }
  const rest: BsonDocument = {};
  for (const [name, fields] of Object.entries(update)) {
    if (!isDocument(fields)) continue;
    if (name === '$setOnInsert' && !inserting) continue;
    if (name === '$inc' || name === '$mul') checkNumbers(document, name, fields);
    const isPlain = Object.keys(fields).every((path) => !path.includes('$'));
    if ((name === '$set' || name === '$setOnInsert') && isPlain) {
      for (const [path, value] of Object.entries(fields)) assign(document, path, value);
    } else if (name === '$unset' && isPlain) {
      for (const path of Object.keys(fields)) unassign(document, path);
    } else {
      rest[name === '$setOnInsert' ? '$set' : name] = fields;
    }
  }
  if (Object.keys(rest).length === 0) return document;
  const documents = [document];
  // The filter is known to match; mingo needs it only to find the element that `$` refers to.
  const isPositional = Object.values(rest).some(
    (fields) => isDocument(fields) && Object.keys(fields).some((path) => /\.\$(?:\.|$)/.test(path)),
  );
  evaluated(() =>
    updateOne(
      documents,
      isPositional ? request.filter : {},
      rest,
      { arrayFilters: [...request.arrayFilters], cloneMode: 'none' },
      evaluation(),
    ),
  );
  return documents[0] ?? document;
};

const checkPath = (path: string, paths: Set<string>): void => {
  if (path === '' || path.split('.').includes('')) {
    throw new CommandError('FailedToParse', `The update path '${path}' contains an empty field name`);
  }
  for (const other of paths) {
    if (other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) {
      const shorter = other.length < path.length ? other : path;
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${path}' would create a conflict at '${shorter}'`,
      );
    }
  }
  paths.add(path);
};

const checkNumbers = (document: BsonDocument, operator: string, fields: BsonDocument): void => {
  for (const path of Object.keys(fields)) {
    const wrong = fieldPath(path)(document).values.find((value) => !isNumeric(value));
    if (wrong !== undefined && !path.includes('$')) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply ${operator} to a value of non-numeric type. {_id: ${String(document['_id'])}} has the field '${path}' of non-numeric type`,
      );
    }
  }
};

/** Sets a value at a dotted path, creating the documents on the way. */
const assign = (document: BsonDocument, path: string, value: unknown): void => {
  const parts = path.split('.');
  const last = parts.pop() ?? path;
  let at: unknown = document;
  for (const part of parts) {
    const next = childOf(at, part, path);
    if (next === undefined) {
      const made: BsonDocument = {};
      put(at, part, made, path);
      at = made;
    } else {
      at = next;
    }
  }
  put(at, last, value, path);
};

const unassign = (document: BsonDocument, path: string): void => {
  const parts = path.split('.');
  const last = parts.pop() ?? path;
  let at: unknown = document;
  for (const part of parts) {
    if (Array.isArray(at)) at = /^\d+$/.test(part) ? at[Number(part)] : undefined;
    else at = isDocument(at) && Object.hasOwn(at, part) ? at[part] : undefined;
  }
  // Removing an element from an array would shift the others, so it becomes null (manual: "$unset").
  if (Array.isArray(at) && /^\d+$/.test(last) && Number(last) < at.length) at[Number(last)] = null;
  else if (isDocument(at)) delete at[last];
};

const childOf = (parent: unknown, name: string, path: string): unknown => {
  if (Array.isArray(parent) && /^\d+$/.test(name)) return parent[Number(name)];
  if (isDocument(parent)) return Object.hasOwn(parent, name) ? parent[name] : undefined;
  throw notViable(name, path);
};

const put = (parent: unknown, name: string, value: unknown, path: string): void => {
  if (Array.isArray(parent) && /^\d{1,6}$/.test(name)) {
    while (parent.length < Number(name)) parent.push(null);
    parent[Number(name)] = value;
  } else if (isDocument(parent)) {
    // `__proto__` must become a field like any other.
    Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    throw notViable(name, path);
  }
};

const notViable = (name: string, path: string): CommandError =>
  new CommandError('PathNotViable', `Cannot create field '${name}' in the element of the path '${path}'`);
