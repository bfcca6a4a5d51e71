import { type BsonDocument, isDocument } from '../bson-values.ts';
import { CommandError } from '../command-error.ts';
import { DiskFullError } from '../journal.ts';
import { firstFieldName, readDocument, writeDocument } from '../raw-bson.ts';
import type { WireRequest } from '../wire-protocol.ts';
import * as catalog from './catalog.ts';
import type { Command, CommandHandler, Engine, Reply } from './command.ts';
import * as diagnostics from './diagnostics.ts';
import * as reads from './reads.ts';
import * as writes from './writes.ts';

/** Every command that the server supports; names are compared exactly, as the real server does. */
const handlers = new Map<string, CommandHandler>(
  Object.entries({
    aggregate: reads.aggregate,
    buildInfo: diagnostics.buildInfo,
    buildinfo: diagnostics.buildInfo,
    collStats: catalog.collStats,
    connectionStatus: diagnostics.connectionStatus,
    count: reads.count,
    create: catalog.create,
    createIndexes: catalog.createIndexes,
    dbStats: catalog.dbStats,
    delete: writes.remove,
    distinct: reads.distinct,
    drop: catalog.drop,
    dropDatabase: catalog.dropDatabase,
    dropIndexes: catalog.dropIndexes,
    endSessions: diagnostics.endSessions,
    explain: reads.explain,
    find: reads.find,
    findAndModify: writes.findAndModify,
    getMore: reads.getMore,
    getParameter: diagnostics.getParameter,
    hello: diagnostics.hello,
    insert: writes.insert,
    isMaster: diagnostics.hello,
    ismaster: diagnostics.hello,
    killCursors: reads.killCursors,
    listCollections: catalog.listCollections,
    listDatabases: catalog.listDatabases,
    listIndexes: catalog.listIndexes,
    ping: diagnostics.ping,
    serverStatus: diagnostics.serverStatus,
    update: writes.update,
    whatsmyuri: diagnostics.whatsmyuri,
  }),
);

const handshakes = new Set(['hello', 'isMaster', 'ismaster']);

/** Commands without data access that a client needs to keep its connection. */
const aboutTheServer = new Set([
  'buildInfo',
  'buildinfo',
  'endSessions',
  'hello',
  'isMaster',
  'ismaster',
  'killCursors',
  'ping',
]);

/** The commands whose reply must wait for the journal. */
const changing = new Set([
  'create',
  'createIndexes',
  'delete',
  'drop',
  'dropDatabase',
  'dropIndexes',
  'findAndModify',
  'insert',
  'update',
]);

/**
 * Runs the command in a request and resolves with its reply, including errors, once its changes are as durable as the
 * write concern demands: `{w: 'majority'}` and `{j: true}` wait for the fsync, anything else for the write (manual:
 * "Write Concern").
 */
export const runCommand = async (
  request: WireRequest,
  connection: { connectionId: number; address: string },
  engine: Engine,
): Promise<Uint8Array> => {
  const name = firstFieldName(request.body);
  try {
    const body = readDocument(request.body, name === 'insert' ? { documents: true } : {});
    const command: Command = {
      name,
      database: typeof body['$db'] === 'string' ? body['$db'] : 'admin',
      body,
      sequences: request.sequences,
      ...connection,
    };
    // A real server stops when its disk is full. This one also refuses reads, until it has written what it holds in
    // memory.
    if (!aboutTheServer.has(name)) await engine.storage.ready();
    const reply = handle(command, request, engine);
    if (changing.has(name)) await journaled(body, request.wantsReply, engine);
    return reply instanceof Uint8Array ? reply : writeDocument({ ...reply, ok: 1 });
  } catch (error) {
    return errorReply(name, error, engine);
  }
};

const handle = (command: Command, request: WireRequest, engine: Engine): Reply => {
  const { name, body } = command;
  if (request.kind === 'query' && !handshakes.has(name)) {
    throw new CommandError(
      'UnsupportedOpQueryCommand',
      `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade.`,
    );
  }
  const handler = handlers.get(name);
  if (handler === undefined) throw new CommandError('CommandNotFound', `no such command: '${name}'`);
  if ('txnNumber' in body || body['startTransaction'] === true) {
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    );
  }
  return handler(command, engine);
};

const journaled = async (body: BsonDocument, wantsReply: boolean, engine: Engine): Promise<void> => {
  const concern = isDocument(body['writeConcern']) ? body['writeConcern'] : {};
  const { w, j } = concern;
  // Without a `w` the default of a replica set applies, majority (manual: "Implicit Default Write Concern").
  const sync = j === true || (j !== false && (w === undefined || w === 'majority')) || w === 'majority';
  const done = sync ? engine.storage.durable() : engine.storage.written();
  if (wantsReply) await done;
  else done.catch(() => undefined);
};

const errorReply = (name: string, error: unknown, engine: Engine): Uint8Array => {
  const known =
    error instanceof CommandError
      ? error
      : new CommandError(
          error instanceof DiskFullError ? 'OutOfDiskSpace' : 'InternalError',
          messageOf(error),
        );
  // The journal has logged the full disk already.
  if (known !== error && !(error instanceof DiskFullError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    engine.log(`the command ${name} failed: ${stack}`);
  }
  return writeDocument({
    ok: 0,
    errmsg: known.message,
    code: known.code,
    codeName: known.codeName,
    ...known.details,
  });
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
