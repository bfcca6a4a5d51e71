/** Collections, indexes and databases: create, drop, list (manual: "Administration Commands"). */
import { type BsonDocument, equalityKey, isDocument } from '../bson-values.ts';
import { type Collection, idIndexSpec } from '../collection.ts';
import { documentArgument, documentsArgument } from '../command-arguments.ts';
import { CommandError, notSupported } from '../command-error.ts';
import type { IndexSpec } from '../hash-index.ts';
import { matcher, withRegExps } from '../matching.ts';
import { writeDocument } from '../raw-bson.ts';
import type { Command, CommandHandler, Engine } from './command.ts';
import { refuseCollation } from './find-documents.ts';
import { namespaceOf } from './namespace.ts';
import { cursorReply } from './reads.ts';

export const create: CommandHandler = (command, engine) => {
  const { body } = command;
  refuseCollation(body);
  for (const option of ['capped', 'timeseries', 'viewOn', 'validator', 'clusteredIndex', 'encryptedFields']) {
    if (body[option] !== undefined && body[option] !== false) throw notSupported(`the option ${option}`);
  }
  const namespace = namespaceOf(command);
  if (engine.storage.collection(namespace) !== undefined) {
    throw new CommandError('NamespaceExists', `Collection ${namespace} already exists.`);
  }
  engine.storage.ensureCollection(namespace);
  return {};
};

export const drop: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const collection = engine.storage.collection(namespace);
  if (collection === undefined) return {};
  engine.storage.dropCollection(namespace);
  return { nIndexesWas: specsOf(collection).length, ns: namespace };
};

export const dropDatabase: CommandHandler = ({ database }, engine) => {
  for (const namespace of namespacesIn(database, engine)) engine.storage.dropCollection(namespace);
  return { dropped: database };
};

export const listCollections: CommandHandler = ({ body, database }, engine) => {
  const filter = withRegExps(documentArgument(body, 'filter'));
  const matches = matcher(isDocument(filter) ? filter : {});
  const listed = namespacesIn(database, engine)
    .map((namespace): BsonDocument => {
      const name = namespace.slice(database.length + 1);
      const entry = { name, type: 'collection' };
      if (body['nameOnly'] === true) return entry;
      return { ...entry, options: {}, info: { readOnly: false }, idIndex: idIndexSpec };
    })
    .filter(matches);
  return cursorReply(`${database}.$cmd.listCollections`, 'firstBatch', {
    id: 0,
    documents: listed.map(writeDocument),
  });
};

export const listDatabases: CommandHandler = ({ body }, engine) => {
  const sizes = new Map<string, number>();
  for (const namespace of engine.storage.namespaces()) {
    const name = namespace.slice(0, namespace.indexOf('.'));
    sizes.set(name, (sizes.get(name) ?? 0) + (engine.storage.collection(namespace)?.bytes() ?? 0));
  }
  const filter = withRegExps(documentArgument(body, 'filter'));
  const databases = [...sizes]
    .map(([name, sizeOnDisk]): BsonDocument => ({ name, sizeOnDisk, empty: false }))
    .filter(matcher(isDocument(filter) ? filter : {}));
  if (body['nameOnly'] === true) return { databases: databases.map(({ name }) => ({ name })) };
  return { databases, totalSize: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
};

export const createIndexes: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const isNew = engine.storage.collection(namespace) === undefined;
  const asked = documentsArgument(command.body, 'indexes').map(indexSpec);
  if (asked.length === 0) throw new CommandError('BadValue', 'Must specify at least one index to create');
  const collection = engine.storage.ensureCollection(namespace);
  const before = specsOf(collection).length;
  for (const spec of asked) {
    if (!isThere(collection, spec)) engine.storage.createIndex(namespace, spec);
  }
  const after = specsOf(collection).length;
  const counts = { numIndexesBefore: before, numIndexesAfter: after, createdCollectionAutomatically: isNew };
  return before === after ? { ...counts, note: 'all indexes already exist' } : counts;
};

export const listIndexes: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const documents = specsOf(existing(command, engine)).map(writeDocument);
  return cursorReply(namespace, 'firstBatch', { id: 0, documents });
};

export const dropIndexes: CommandHandler = (command, engine) => {
  const collection = existing(command, engine);
  const all = specsOf(collection);
  const wanted = command.body['index'];
  const asked = Array.isArray(wanted) ? wanted : [wanted];
  const names = asked.flatMap((which: unknown) => {
    if (which === '*') return all.map(({ name }) => name).filter((name) => name !== '_id_');
    const found = all.find(({ name, key }) =>
      isDocument(which) ? equalityKey(key) === equalityKey(which) : name === which,
    );
    if (found === undefined) {
      throw new CommandError('IndexNotFound', `index not found with name [${String(which)}]`);
    }
    if (found.name === '_id_') throw new CommandError('InvalidOptions', 'cannot drop _id index');
    return [found.name];
  });
  for (const name of names) engine.storage.dropIndex(collection.namespace, name);
  return { nIndexesWas: all.length };
};

export const collStats: CommandHandler = (command, engine) => {
  const namespace = namespaceOf(command);
  const collection = engine.storage.collection(namespace);
  const size = collection?.bytes() ?? 0;
  const documents = collection?.documents.size ?? 0;
  return {
    ns: namespace,
    count: documents,
    size,
    storageSize: size,
    totalSize: size,
    avgObjSize: documents === 0 ? 0 : Math.round(size / documents),
    nindexes: collection === undefined ? 0 : specsOf(collection).length,
    totalIndexSize: 0,
    indexSizes: {},
    capped: false,
    scaleFactor: 1,
  };
};

export const dbStats: CommandHandler = ({ database }, engine) => {
  const collections = namespacesIn(database, engine).flatMap((name) => engine.storage.collection(name) ?? []);
  const dataSize = collections.reduce((sum, { bytes }) => sum + bytes(), 0);
  return {
    db: database,
    collections: collections.length,
    objects: collections.reduce((sum, { documents }) => sum + documents.size, 0),
    dataSize,
    storageSize: dataSize,
    indexes: collections.reduce((sum, collection) => sum + specsOf(collection).length, 0),
  };
};

const namespacesIn = (database: string, engine: Engine): string[] =>
  engine.storage.namespaces().filter((namespace) => namespace.startsWith(`${database}.`));

const existing = (command: Command, engine: Engine): Collection => {
  const namespace = namespaceOf(command);
  const collection = engine.storage.collection(namespace);
  if (collection !== undefined) return collection;
  throw new CommandError('NamespaceNotFound', `ns does not exist: ${namespace}`);
};

const specsOf = (collection: Collection): IndexSpec[] => {
  const text = collection.textIndex();
  const secondary = [...collection.indexes.values()].map(({ spec }) => spec);
  return [idIndexSpec, ...secondary, ...(text === undefined ? [] : [text.spec])];
};

/** Whether an equal index exists already; one with the same name or key but other options is an error. */
const isThere = (collection: Collection, spec: IndexSpec): boolean => {
  for (const other of specsOf(collection)) {
    if (
      equalityKey(other.key) === equalityKey({ _id: 1 }) &&
      equalityKey(spec.key) === equalityKey(other.key)
    )
      return true;
    const sameKey = equalityKey(other.key) === equalityKey(spec.key);
    const same = equalityKey(other) === equalityKey(spec);
    if (same) return true;
    if (other.name === spec.name) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. Requested index: ${JSON.stringify(spec)}, existing index: ${JSON.stringify(other)}`,
      );
    }
    if (sameKey) {
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${other.name}`,
      );
    }
  }
  return false;
};

/** Checks an index definition and puts its options into a fixed order, so that equal ones compare equal. */
const indexSpec = (asked: BsonDocument): IndexSpec => {
  const { key, name } = asked;
  if (!isDocument(key) || Object.keys(key).length === 0 || typeof name !== 'string' || name === '') {
    throw new CommandError('CannotCreateIndex', 'An index needs a key with at least one field, and a name');
  }
  for (const [field, kind] of Object.entries(key)) {
    const isDirection = typeof kind === 'number' && kind !== 0;
    if (!isDirection && kind !== 'text' && kind !== 'hashed') {
      throw new CommandError(
        'CannotCreateIndex',
        `Unknown index plugin '${String(kind)}' for field ${field}`,
      );
    }
    if (field === '' || (field.startsWith('$') && field !== '$**')) {
      throw new CommandError('CannotCreateIndex', `Index key contains an illegal field name: '${field}'`);
    }
  }
  refuseCollation(asked);
  const spec: BsonDocument = { key, name };
  if (Object.values(key).includes('text')) {
    const language = asked['default_language'] ?? 'english';
    if (language !== 'none') {
      throw notSupported(`a text index with default_language ${JSON.stringify(language)} instead of "none"`);
    }
    Object.assign(spec, {
      default_language: 'none',
      language_override: asked['language_override'] ?? 'language',
    });
    if (asked['weights'] !== undefined) spec['weights'] = asked['weights'];
    spec['textIndexVersion'] = 3;
  }
  for (const option of ['unique', 'sparse', 'hidden']) if (asked[option] === true) spec[option] = true;
  for (const option of ['partialFilterExpression', 'expireAfterSeconds']) {
    if (asked[option] !== undefined) spec[option] = asked[option];
  }
  if (spec['expireAfterSeconds'] !== undefined) throw notSupported('an index with expireAfterSeconds');
  return { v: 2, ...spec, key, name };
};
