/** insert, update, delete, findAndModify (manual: "Database Commands", "Query and Write Operation Commands"). */
import { ObjectId } from 'bson';
import { type BsonDocument, isDocument } from '../bson-values.ts';
import {
  countArgument,
  documentArgument,
  documentsArgument,
  optionalDocument,
  sortArgument,
} from '../command-arguments.ts';
import { CommandError } from '../command-error.ts';
import { type FoundDocument, type Plan, planQuery, runPlan } from '../query-plan.ts';
import { readDocument, withIdFirst, writeDocument } from '../raw-bson.ts';
import { type UpdateRequest, applyUpdate, updateKind, upsertDocument } from '../updating.ts';
import { withRegExps } from '../matching.ts';
import { limits } from '../wire-protocol.ts';
import type { Command, CommandHandler, Engine } from './command.ts';
import { namespaceOf } from './namespace.ts';
import { findSorted, projector, refuseCollation } from './find-documents.ts';

export const insert: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const documents = rawDocuments(command, 'documents');
  let inserted = 0;
  const writeErrors = eachInOrder(command, documents, (bytes) => {
    insertOne(engine, namespace, bytes);
    inserted += 1;
  });
  return writeReply({ n: inserted }, writeErrors);
};

export const update: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const upserted: BsonDocument[] = [];
  let [matched, modified] = [0, 0];
  const writeErrors = eachInOrder(command, statements(command, 'updates'), (statement, index) => {
    const result = updateStatement(engine, namespace, statement);
    matched += result.matched;
    modified += result.modified;
    if (result.upsertedId !== undefined) upserted.push({ index, _id: result.upsertedId });
  });
  const counts = { n: matched + upserted.length, nModified: modified };
  return writeReply(upserted.length > 0 ? { ...counts, upserted } : counts, writeErrors);
};

export const remove: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  let removed = 0;
  const writeErrors = eachInOrder(command, statements(command, 'deletes'), (statement) => {
    refuseCollation(statement);
    const limit = countArgument(statement, 'limit', 0);
    const collection = engine.storage.collection(namespace);
    if (collection === undefined) return;
    const found = runPlan(
      planQuery(collection, filterOf(statement, 'q')),
      optionalDocument(command.body, 'let'),
    );
    // Collects all matches before the first removal, since a removal would change the index during the scan.
    for (const { stored } of limit === 0 ? [...found] : firstOf(found)) {
      engine.storage.remove(collection, stored);
      removed += 1;
    }
  });
  return writeReply({ n: removed }, writeErrors);
};

export const findAndModify: CommandHandler = (command, engine) => {
  const { body } = command;
  refuseCollation(body);
  const namespace = namespaceOf(command);
  const filter = filterOf(body, 'query');
  const removing = body['remove'] === true;
  const wantsNew = body['new'] === true;
  if (removing === 'update' in body) {
    throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified');
  }
  const plan = planQuery(engine.storage.collection(namespace), filter);
  const sort = sortArgument(body, 'sort');
  const [found] = findSorted(plan, { sort, skip: 0, limit: 1, variables: optionalDocument(body, 'let') });
  const shown = (document: BsonDocument) =>
    readDocument(projector(optionalDocument(body, 'fields') ?? {}, plan.filter)(writeDocument(document)));

  if (removing) {
    const collection = engine.storage.collection(namespace);
    if (found === undefined || collection === undefined) return { lastErrorObject: { n: 0 }, value: null };
    engine.storage.remove(collection, found.stored);
    return { lastErrorObject: { n: 1 }, value: shown(found.document) };
  }
  const request = updateRequest(body, plan, 'update');
  if (found === undefined) {
    if (body['upsert'] !== true) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
    const made = insertUpsert(engine, namespace, request);
    return {
      lastErrorObject: { n: 1, updatedExisting: false, upserted: made['_id'] },
      value: wantsNew ? shown(made) : null,
    };
  }
  const before = readDocument(found.stored.bytes);
  change(engine, namespace, found, request);
  return {
    lastErrorObject: { n: 1, updatedExisting: true },
    value: shown(wantsNew ? readDocument(found.stored.bytes) : before),
  };
};

const firstOf = (found: Iterable<FoundDocument>): FoundDocument[] => {
  for (const first of found) return [first];
  return [];
};

const insertOne = (engine: Engine, namespace: string, bytes: Uint8Array): void => {
  if (bytes.length > limits.maxBsonObjectSize) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${limits.maxBsonObjectSize}`,
    );
  }
  const document = readDocument(bytes);
  checkId(document['_id']);
  if ('_id' in document) {
    engine.storage.insert(namespace, withIdFirst(bytes), document);
    return;
  }
  const withId = { _id: new ObjectId(), ...document };
  const id = writeDocument({ _id: withId._id });
  // The bytes of the `_id` alone, without its document's terminator, followed by the fields as received.
  const joined = Buffer.concat([id.subarray(0, -1), bytes.subarray(4)]);
  joined.writeInt32LE(joined.length, 0);
  engine.storage.insert(namespace, joined, withId);
};

const updateStatement = (
  engine: Engine,
  namespace: string,
  statement: BsonDocument,
): { matched: number; modified: number; upsertedId?: unknown } => {
  refuseCollation(statement);
  const multi = statement['multi'] === true;
  if (multi && updateKind(statement['u']) === 'replacement') {
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  const plan = planQuery(engine.storage.collection(namespace), filterOf(statement, 'q'));
  const request = updateRequest(statement, plan, 'u');
  updateKind(request.update);
  const sort = sortArgument(statement, 'sort');
  const options = { sort, skip: 0, limit: multi ? 0 : 1, variables: request.variables };
  // Collects all matches before the first change, so that a document that moves within an index is updated once.
  const found = [...findSorted(plan, options)];
  const modified = found.filter((each) => change(engine, namespace, each, request)).length;
  if (found.length > 0 || statement['upsert'] !== true) return { matched: found.length, modified };
  return { matched: 0, modified: 0, upsertedId: insertUpsert(engine, namespace, request)['_id'] };
};

/** Applies an update to a document. @returns whether the document changed */
const change = (engine: Engine, namespace: string, found: FoundDocument, request: UpdateRequest): boolean => {
  const collection = engine.storage.collection(namespace);
  if (collection === undefined) return false;
  const before = readDocument(found.stored.bytes);
  return engine.storage.replace(
    collection,
    found.stored,
    before,
    checkSize(applyUpdate(found.document, request)),
  );
};

const insertUpsert = (engine: Engine, namespace: string, request: UpdateRequest): BsonDocument => {
  const document = checkSize(upsertDocument(request));
  checkId(document['_id']);
  engine.storage.insert(namespace, writeDocument(document), document);
  return document;
};

const updateRequest = (source: BsonDocument, plan: Plan, updateField: string): UpdateRequest => ({
  update: withRegExpsInPulls(source[updateField]),
  filter: plan.filter,
  arrayFilters: documentsArgument(source, 'arrayFilters')
    .map((filter) => withRegExps(filter))
    .filter(isDocument),
  variables: optionalDocument(source, 'c') ?? optionalDocument(source, 'let'),
});

/** `$pull` contains a filter; everywhere else in an update, a regular expression is a value to store. */
const withRegExpsInPulls = (update: unknown): unknown => {
  if (!isDocument(update) || !isDocument(update['$pull'])) return update;
  return { ...update, $pull: withRegExps(update['$pull']) };
};

const filterOf = (source: BsonDocument, name: string): BsonDocument => {
  const filter = withRegExps(documentArgument(source, name));
  return isDocument(filter) ? filter : {};
};

const checkSize = (document: BsonDocument): BsonDocument => {
  const size = writeDocument(document).length;
  if (size <= limits.maxBsonObjectSize) return document;
  throw new CommandError(
    'BSONObjectTooLarge',
    `Resulting document after update is larger than ${limits.maxBsonObjectSize}`,
  );
};

const checkId = (id: unknown): void => {
  const isRegExp =
    typeof id === 'object' && id !== null && '_bsontype' in id && id['_bsontype'] === 'BSONRegExp';
  if (!Array.isArray(id) && !isRegExp) return;
  throw new CommandError(
    'InvalidIdField',
    `The '_id' value cannot be of type ${isRegExp ? 'regex' : 'array'}`,
  );
};

/** Runs the statements of a write; in ordered mode the first failure ends it. Returns the failures. */
const eachInOrder = <Statement>(
  { body }: Command,
  all: readonly Statement[],
  run: (statement: Statement, index: number) => void,
): BsonDocument[] => {
  if (all.length === 0 || all.length > limits.maxWriteBatchSize) {
    throw new CommandError(
      'BadValue',
      `Write batch sizes must be between 1 and ${limits.maxWriteBatchSize}. Got ${all.length} operations.`,
    );
  }
  const errors: BsonDocument[] = [];
  for (const [index, statement] of all.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push({ index, code: error.code, errmsg: error.message, ...error.details });
      if (body['ordered'] !== false) break;
    }
  }
  return errors;
};

const writeReply = (counts: BsonDocument, writeErrors: BsonDocument[]): BsonDocument =>
  writeErrors.length > 0 ? { ...counts, writeErrors } : counts;

/** Documents as bytes, from a document sequence or (read with `fieldsAsRaw`) from the body. */
const rawDocuments = ({ body, sequences }: Command, field: string): readonly Uint8Array[] => {
  const inBody = body[field];
  if (!Array.isArray(inBody)) return sequences.get(field) ?? [];
  return inBody.map((bytes: unknown) => {
    if (bytes instanceof Uint8Array) return bytes;
    throw new CommandError('TypeMismatch', `BSON field '${field}' holds something else than documents`);
  });
};

const statements = ({ body, sequences }: Command, field: string): BsonDocument[] => {
  const sequence = sequences.get(field);
  return sequence === undefined
    ? documentsArgument(body, field)
    : sequence.map((bytes) => readDocument(bytes));
};
