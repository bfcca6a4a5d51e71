/** find, getMore, killCursors, count, distinct, aggregate, explain. */
import { Aggregator } from 'mingo/aggregator';
import { type BsonDocument, equalityKey, isDocument } from '../bson-values.ts';
import {
  countArgument,
  documentArgument,
  numberArgument,
  optionalDocument,
  sortArgument,
  stringArgument,
} from '../command-arguments.ts';
import { CommandError, notSupported } from '../command-error.ts';
import type { Batch } from '../cursors.ts';
import { fieldPath, unwound } from '../field-path.ts';
import { evaluated, evaluation, withRegExps } from '../matching.ts';
import { type Plan, planQuery, runPlan } from '../query-plan.ts';
import { composeDocument, readDocument, writeDocument } from '../raw-bson.ts';
import type { Command, CommandHandler, Engine } from './command.ts';
import { type FindOptions, findSorted, projector, refuseCollation } from './find-documents.ts';
import { namespaceIn, namespaceOf } from './namespace.ts';

/** How many documents a first batch has when the client does not specify it (manual: "Cursor Batches"). */
const firstBatchSize = 101;

interface Read {
  readonly plan: Plan;
  readonly options: FindOptions;
}

export const find: CommandHandler = (command, engine) => {
  const { body } = command;
  const namespace = namespaceOf(command);
  const { plan, options } = plannedFind(command, engine);
  const isSingle = body['singleBatch'] === true || numberArgument(body, 'limit', 0) < 0;
  const results = projected(plan, options, documentArgument(body, 'projection'));
  const batch = engine.cursors.open(
    namespace,
    results,
    countArgument(body, 'batchSize', firstBatchSize),
    isSingle,
  );
  return cursorReply(namespace, 'firstBatch', batch);
};

export const getMore: CommandHandler = ({ body, database }, engine) => {
  const namespace = namespaceIn(database, stringArgument(body, 'collection'));
  const batch = engine.cursors.next(
    numberArgument(body, 'getMore', 0),
    namespace,
    countArgument(body, 'batchSize', 0),
  );
  return cursorReply(namespace, 'nextBatch', batch);
};

export const killCursors: CommandHandler = ({ body }, engine) => {
  const asked = Array.isArray(body['cursors']) ? body['cursors'].map(Number) : [];
  const killed = asked.filter((id) => engine.cursors.kill(id));
  return {
    cursorsKilled: killed,
    cursorsNotFound: asked.filter((id) => !killed.includes(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
  };
};

export const count: CommandHandler = (command, engine) => {
  const { body } = command;
  refuseCollation(body);
  const collection = engine.storage.collection(namespaceOf(command));
  const plan = planQuery(collection, filterIn(body, 'query'));
  const skip = countArgument(body, 'skip', 0);
  const limit = Math.abs(numberArgument(body, 'limit', 0));
  const all = countMatching(plan, collection?.documents.size ?? 0);
  const left = Math.max(0, all - skip);
  return { n: limit === 0 ? left : Math.min(left, limit) };
};

export const distinct: CommandHandler = (command, engine) => {
  const { body } = command;
  refuseCollation(body);
  const plan = planQuery(engine.storage.collection(namespaceOf(command)), filterIn(body, 'query'));
  const find = fieldPath(stringArgument(body, 'key'));
  const values = new Map<string, unknown>();
  for (const { document } of runPlan(plan)) {
    for (const value of unwound(find(document))) {
      const key = equalityKey(value);
      if (!values.has(key)) values.set(key, value);
    }
  }
  return { values: [...values.values()] };
};

export const aggregate: CommandHandler = (command, engine) => {
  const { body } = command;
  refuseCollation(body);
  const stages = pipelineOf(body);
  const namespace = namespaceOf(command);
  const { read, rest } = plannedAggregate(command, engine, stages);
  const size = engine.storage.collection(namespace)?.documents.size ?? 0;
  const results = aggregated(command, engine, read, rest, size);
  const batchSize = countArgument(documentArgument(body, 'cursor'), 'batchSize', firstBatchSize);
  return cursorReply(namespace, 'firstBatch', engine.cursors.open(namespace, results, batchSize, false));
};

export const explain: CommandHandler = (command, engine) => {
  const inner = documentArgument(command.body, 'explain');
  const name = Object.keys(inner)[0] ?? '';
  const explained: Command = { ...command, name, body: inner };
  const namespace = namespaceOf(explained);
  const read = plannedByName(explained, engine, inner);
  const { plan } = read;
  const winningPlan: BsonDocument = { stage: plan.stage };
  if (plan.index !== undefined) {
    winningPlan['indexName'] = plan.index.name;
    winningPlan['keyPattern'] = plan.index.key;
  }
  if (Object.keys(plan.filter).length > 0) winningPlan['filter'] = plan.filter;
  const queryPlanner = { namespace, parsedQuery: plan.filter, winningPlan, rejectedPlans: [] };
  const answer: BsonDocument = { explainVersion: '1', queryPlanner, command: inner };
  if ((command.body['verbosity'] ?? 'allPlansExecution') !== 'queryPlanner') {
    const startedAt = performance.now();
    const nReturned = [...findSorted(plan, read.options)].length;
    const examined = [...plan.candidates()].length;
    answer['executionStats'] = {
      executionSuccess: true,
      nReturned,
      executionTimeMillis: Math.round(performance.now() - startedAt),
      totalKeysExamined: plan.index === undefined ? 0 : examined,
      totalDocsExamined: examined,
    };
  }
  return answer;
};

const projected = function* (
  plan: Plan,
  options: FindOptions,
  projection: BsonDocument,
): Generator<Uint8Array> {
  const project = projector(projection, plan.filter);
  for (const { stored } of findSorted(plan, options)) yield project(stored.bytes);
};

const plannedByName = (command: Command, engine: Engine, body: BsonDocument): Read => {
  switch (command.name) {
    case 'find':
      return plannedFind(command, engine);
    case 'aggregate':
      return plannedAggregate(command, engine, pipelineOf(body)).read;
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return plain(command, engine, filterIn(body, 'query'));
    case 'update':
    case 'delete': {
      const list = body[`${command.name}s`];
      const first: unknown = Array.isArray(list) ? list[0] : undefined;
      return plain(command, engine, isDocument(first) ? filterIn(first, 'q') : {});
    }
    default:
      throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${command.name}`);
  }
};

const plain = (command: Command, engine: Engine, filter: BsonDocument): Read => {
  const plan = planQuery(engine.storage.collection(namespaceOf(command)), filter);
  return { plan, options: { sort: [], skip: 0, limit: 0, variables: undefined } };
};

const plannedFind = (command: Command, engine: Engine): Read => {
  const { body } = command;
  refuseCollation(body);
  for (const option of ['min', 'max', 'returnKey', 'showRecordId', 'tailable', 'awaitData']) {
    if (body[option] !== undefined && body[option] !== false) throw notSupported(`the option ${option}`);
  }
  const collection = engine.storage.collection(namespaceOf(command));
  return {
    plan: planQuery(collection, filterIn(body, 'filter')),
    options: {
      sort: sortArgument(body, 'sort'),
      skip: countArgument(body, 'skip', 0),
      limit: Math.abs(numberArgument(body, 'limit', 0)),
      variables: optionalDocument(body, 'let'),
    },
  };
};

/**
 * Splits a pipeline into the part that a find can do with indexes and the server's own order (`$match`s, then one
 * `$sort`, `$skip` and `$limit`), and the rest, which mingo runs.
 */
const plannedAggregate = (
  command: Command,
  engine: Engine,
  stages: BsonDocument[],
): { read: Read; rest: BsonDocument[] } => {
  const rest = [...stages];
  const take = (name: string): BsonDocument | undefined => {
    const stage = rest[0];
    return stage !== undefined && name in stage ? rest.shift() : undefined;
  };
  const filters: BsonDocument[] = [];
  for (let stage = take('$match'); stage !== undefined; stage = take('$match')) {
    filters.push(filterIn(stage, '$match'));
  }
  const sort = take('$sort');
  const skip = take('$skip');
  const limit = take('$limit');
  if (limit !== undefined && numberArgument(limit, '$limit', 0) <= 0) {
    throw new CommandError('BadValue', 'the limit must be positive');
  }
  const filter = filters.length > 1 ? { $and: filters } : (filters[0] ?? {});
  const plan = planQuery(engine.storage.collection(namespaceOf(command)), filter);
  const options: FindOptions = {
    sort: sort === undefined ? [] : sortArgument(sort, '$sort'),
    skip: skip === undefined ? 0 : countArgument(skip, '$skip', 0),
    limit: limit === undefined ? 0 : numberArgument(limit, '$limit', 0),
    variables: optionalDocument(command.body, 'let'),
  };
  return { read: { plan, options }, rest };
};

const aggregated = function* (
  command: Command,
  engine: Engine,
  { plan, options }: Read,
  rest: BsonDocument[],
  collectionSize: number,
): Generator<Uint8Array> {
  if (rest.length === 0) {
    for (const { stored } of findSorted(plan, options)) yield stored.bytes;
    return;
  }
  const counting = countingStage(rest);
  if (counting !== undefined && options.skip === 0 && options.limit === 0) {
    const number = countMatching(plan, collectionSize);
    if (number > 0) yield writeDocument(counting(number));
    return;
  }
  const documents = Array.from(findSorted(plan, options), ({ document }) => document);
  const collectionResolver = (name: string) => {
    const other = engine.storage.collection(namespaceIn(command.database, name));
    return [...(other?.documents.values() ?? [])].map(({ bytes }) => readDocument(bytes));
  };
  const { variables } = options;
  const extra = variables === undefined ? { collectionResolver } : { collectionResolver, variables };
  const results = evaluated(() => new Aggregator(rest, evaluation(extra)).run(documents));
  for (const result of results) yield writeDocument({ ...result });
};

/** The drivers' `countDocuments` is a pipeline that ends in one of these stages; it needs no documents. */
const countingStage = (rest: BsonDocument[]): ((count: number) => BsonDocument) | undefined => {
  const stage = rest[0];
  if (rest.length !== 1 || stage === undefined) return undefined;
  const field = stage['$count'];
  if (typeof field === 'string') return (number) => ({ [field]: number });
  const group = stage['$group'];
  if (!isDocument(group) || isDocument(group['_id']) || typeof group['_id'] === 'string') return undefined;
  const { _id, ...sums } = group;
  const names = Object.keys(sums);
  const isCount = (sum: unknown) => isDocument(sum) && Object.keys(sum).length === 1 && sum['$sum'] === 1;
  if (!names.every((name) => isCount(sums[name]))) return undefined;
  return (number) => ({ _id, ...Object.fromEntries(names.map((name) => [name, number])) });
};

const countMatching = (plan: Plan, collectionSize: number): number => {
  if (plan.stage === 'COLLSCAN' && Object.keys(plan.filter).length === 0) return collectionSize;
  let number = 0;
  for (const _ of runPlan(plan)) number += 1;
  return number;
};

const pipelineOf = (body: BsonDocument): BsonDocument[] => {
  const pipeline = withRegExps(body['pipeline']);
  if (!Array.isArray(pipeline)) throw new CommandError('TypeMismatch', "'pipeline' must be an array");
  return pipeline.map((stage: unknown) => {
    const names = isDocument(stage) ? Object.keys(stage) : [];
    const [name] = names;
    if (!isDocument(stage) || name === undefined || names.length !== 1) {
      throw new CommandError(
        'FailedToParse',
        'A pipeline stage specification object must contain exactly one field.',
      );
    }
    if (notAggregated.has(name)) throw notSupported(`the pipeline stage ${name}`);
    if (!aggregatedStages.has(name)) {
      throw new CommandError('Location40324', `Unrecognized pipeline stage name: '${name}'`);
    }
    return stage;
  });
};

const notAggregated = new Set([
  '$out',
  '$merge',
  '$geoNear',
  '$changeStream',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
  '$currentOp',
  '$listSessions',
  '$search',
  '$vectorSearch',
  '$listSearchIndexes',
]);
const aggregatedStages = new Set([
  '$addFields',
  '$bucket',
  '$bucketAuto',
  '$count',
  '$densify',
  '$documents',
  '$facet',
  '$fill',
  '$graphLookup',
  '$group',
  '$limit',
  '$lookup',
  '$match',
  '$project',
  '$redact',
  '$replaceRoot',
  '$replaceWith',
  '$sample',
  '$set',
  '$setWindowFields',
  '$skip',
  '$sort',
  '$sortByCount',
  '$unionWith',
  '$unset',
  '$unwind',
]);

const filterIn = (body: BsonDocument, name: string): BsonDocument => {
  const filter = withRegExps(documentArgument(body, name));
  return isDocument(filter) ? filter : {};
};

/** The reply of every command that opens or reads a cursor; the documents are sent as they are stored. */
export const cursorReply = (
  namespace: string,
  field: 'firstBatch' | 'nextBatch',
  batch: Batch,
): Uint8Array => {
  const cursor = composeDocument([
    [field, { documents: batch.documents }],
    ['id', { long: BigInt(batch.id) }],
    ['ns', { string: namespace }],
  ]);
  return composeDocument([
    ['cursor', { document: cursor }],
    ['ok', { double: 1 }],
  ]);
};
