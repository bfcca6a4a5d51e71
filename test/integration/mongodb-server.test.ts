/**
 * What only the embedded MongoDB server has: its journal, its lock, and its reaction to messages that no driver sends.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'bson';
import { type Document, MongoClient } from 'mongodb';
import {
  type MongodbServer,
  type MongodbServerOptions,
  startMongodbServer,
} from '../../lib/local/mongodb-server/server.ts';

describe('the embedded MongoDB server', () => {
  let folder: string;
  let lines: string[];
  let open: Array<() => Promise<unknown>>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mongodb-server-'));
    lines = [];
    open = [];
  });

  afterEach(async () => {
    for (const close of open.toReversed()) await close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (more: Partial<MongodbServerOptions> = {}): Promise<MongodbServer> => {
    const server = await startMongodbServer({
      dataDirectory: folder,
      log: (line) => lines.push(line),
      ...more,
    });
    open.push(() => server.stop());
    return server;
  };

  const clientOf = ({ url }: MongodbServer): MongoClient => {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 3_000, writeConcern: { w: 'majority' } });
    open.push(() => client.close());
    return client;
  };

  /** Starts, lets something run against a collection, and stops again. */
  const session = async <Result>(
    run: (things: ReturnType<typeof thingsOf>) => Promise<Result>,
    more: Partial<MongodbServerOptions> = {},
  ): Promise<Result> => {
    const server = await start(more);
    const client = clientOf(server);
    try {
      return await run(thingsOf(client));
    } finally {
      await client.close();
      await server.stop();
    }
  };

  const thingsOf = (client: MongoClient) =>
    client.db('test').collection<Document & { _id: number }>('things');

  describe('keeps its data', () => {
    it('over a restart: documents, changes, deletions, indexes, empty collections', async () => {
      await session(async (things) => {
        await things.createIndexes([
          { key: { name: 1 }, unique: true },
          { key: { text: 'text' }, default_language: 'none' },
          { key: { old: 1 } },
        ]);
        await things.dropIndex('old_1');
        await things.insertMany([1, 2, 3].map((_id) => ({ _id, name: `n${_id}`, text: 'hello world' })));
        await things.updateOne({ _id: 2 }, { $set: { text: 'changed' } });
        await things.deleteOne({ _id: 3 });
        await things.db.createCollection('empty');
        await things.db.collection('dropped').insertOne({ a: 1 });
        await things.db.collection('dropped').drop();
      });
      await session(async (things) => {
        assert.deepEqual(await things.find().sort({ _id: 1 }).toArray(), [
          { _id: 1, name: 'n1', text: 'hello world' },
          { _id: 2, name: 'n2', text: 'changed' },
        ]);
        assert.deepEqual(
          (await things.indexes()).map(({ name }) => name),
          ['_id_', 'name_1', 'text_text'],
        );
        await assert.rejects(things.insertOne({ _id: 9, name: 'n1' }), { code: 11000 });
        assert.equal(await things.countDocuments({ $text: { $search: 'hello' } }), 1);
        const names = (await things.db.listCollections().toArray()).map(({ name }) => name);
        assert.deepEqual(names.toSorted(), ['empty', 'things']);
      });
    });

    it('up to a write that was cut short, and says so', async () => {
      await session((things) =>
        things.insertMany([1, 2, 3].map((_id) => ({ _id, text: 'x'.repeat(1_000) }))),
      );
      const journal = join(folder, 'journal');
      await truncate(journal, (await stat(journal)).size - 500);
      await session(async (things) => {
        assert.deepEqual(
          (await things.find().toArray()).map(({ _id }) => _id),
          [1, 2],
        );
        await things.insertOne({ _id: 4 });
      });
      assert.match(lines.join('\n'), /the journal ended in \d+ bytes of an unfinished write/);
      const torn = async () => (await readdir(folder)).filter((name) => name.startsWith('journal.torn.'));
      assert.equal((await torn()).length, 1, 'what was cut off is kept aside');
      lines = [];
      await session(async (things) => {
        assert.deepEqual(
          (await things.find().toArray()).map(({ _id }) => _id),
          [1, 2, 4],
        );
      });
      assert.doesNotMatch(lines.join('\n'), /unfinished/);
      await truncate(journal, (await stat(journal)).size - 1);
      await session((things) => things.countDocuments({}));
      assert.equal((await torn()).length, 2, 'and not overwritten');
    });

    it('and does not start with a damaged record before others, which are kept', async () => {
      await session(async (things) => {
        for (const _id of [1, 2, 3]) await things.insertOne({ _id, text: 'x'.repeat(1_000) });
      });
      const journal = join(folder, 'journal');
      const whole = await readFile(journal);
      const starts: number[] = [];
      for (let at = 0; at < whole.length; at += 8 + whole.readUInt32LE(at)) starts.push(at);
      const second = starts.at(-2) ?? 0;
      // A byte of its text, and its length: beyond the end of the file, and beyond that of any document.
      for (const [at, byte] of [
        [500, 0x79],
        [1, 0xff],
        [3, 0xff],
      ] as const) {
        const damaged = Buffer.from(whole);
        damaged[second + at] = byte;
        await writeFile(journal, damaged);
        let from = '';
        let to = '';
        await assert.rejects(start(), ({ message }: Error) => {
          [, from = '', to = ''] = /is damaged from byte (\d+) to (\d+)/.exec(message) ?? [];
          return from !== '';
        });
        assert.deepEqual(await readdir(folder), ['journal'], 'neither locked nor changed');
        assert.deepEqual(await readFile(journal), damaged);
        await writeFile(
          journal,
          Buffer.concat([damaged.subarray(0, Number(from)), damaged.subarray(Number(to))]),
        );
        await session(async (things) =>
          assert.deepEqual(
            (await things.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id),
            [1, 3],
          ),
        );
      }
    });

    it('up to a record whose bytes are wrong', async () => {
      await session((things) =>
        things.insertMany([1, 2, 3].map((_id) => ({ _id, text: 'x'.repeat(1_000) }))),
      );
      const journal = join(folder, 'journal');
      const bytes = await readFile(journal);
      bytes[bytes.length - 200] = 0x79;
      await writeFile(journal, bytes);
      await session(async (things) => assert.equal(await things.countDocuments({}), 2));
    });

    it('when the folder is copied from under it', async () => {
      const copy = `${folder}-copy`;
      const server = await start();
      const things = thingsOf(clientOf(server));
      await Promise.all(Array.from({ length: 50 }, (_, _id) => things.insertOne({ _id })));
      await cp(folder, copy, { recursive: true });
      open.push(() => rm(copy, { recursive: true }));
      const copied = await start({ dataDirectory: copy });
      assert.equal(await thingsOf(clientOf(copied)).countDocuments({}), 50);
    });

    it('when it is killed: all that was acknowledged is there', async () => {
      const script = fileURLToPath(new URL('mongodb-crash-child.ts', import.meta.url));
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      let acknowledged = -1;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (acknowledged >= 40) child.kill('SIGKILL');
      }
      await exited;
      assert.ok(acknowledged >= 40);
      const server = await start();
      assert.match(lines.join('\n'), /took over .*lock, whose process is gone/);
      const found = await clientOf(server).db('crash').collection<{ _id: number }>('things').find().toArray();
      const ids = new Set(found.map(({ _id }) => _id));
      for (let id = 0; id < (acknowledged + 1) * 3; id += 1) assert.ok(ids.has(id), `document ${id} is lost`);
    });

    it('while the journal is compacted under writes', async () => {
      const compactionMinimumBytes = 50_000;
      const server = await start({ compactionMinimumBytes });
      const things = thingsOf(clientOf(server));
      await things.createIndex({ n: 1 });
      await things.insertMany(Array.from({ length: 20 }, (_, _id) => ({ _id, n: 0, text: 'x'.repeat(500) })));
      const grown: number[] = [];
      for (let round = 1; round <= 30; round += 1) {
        await Promise.all(
          Array.from({ length: 20 }, (_, _id) => things.updateOne({ _id }, { $set: { n: round } })),
        );
        await things.insertOne({ _id: 100 + round });
        await things.deleteOne({ _id: 100 + round });
        grown.push((await stat(join(folder, 'journal'))).size);
      }
      await server.stop();
      assert.match(lines.join('\n'), /compacted the journal from \d+ to \d+ bytes/);
      assert.ok(Math.max(...grown) < 300_000, 'the journal does not grow without end');
      await session(async (again) => {
        assert.equal(await again.countDocuments({ n: 30 }), 20);
        assert.equal(await again.countDocuments({}), 20);
      });
      assert.ok(!(await readdir(folder)).includes('journal.compacted'));
    });
  });

  describe('holds its folder', () => {
    it('against a second server, until it stops', async () => {
      const first = await start();
      await assert.rejects(start(), /is in use by process \d+/);
      await first.stop();
      assert.deepEqual(await readdir(folder), ['journal']);
      await start();
    });

    it('and takes over a lock whose process is gone or that was torn', async () => {
      const gone = spawn(process.execPath, ['-e', '']);
      await once(gone, 'exit');
      for (const lock of [JSON.stringify({ pid: gone.pid, startedAt: '1' }), '{"pid":']) {
        await writeFile(join(folder, 'lock'), lock);
        await (await start()).stop();
      }
    });

    it('and gives it back when the port is taken', async () => {
      const { port } = await start();
      const other = await mkdtemp(join(tmpdir(), 'mongodb-server-'));
      open.push(() => rm(other, { recursive: true }));
      await assert.rejects(start({ dataDirectory: other, port }), { code: 'EADDRINUSE' });
      assert.deepEqual(await readdir(other), ['journal']);
    });
  });

  describe('stops', () => {
    it('with clients connected, and may be told so twice', async () => {
      const server = await start();
      const things = thingsOf(clientOf(server));
      await things.insertOne({ _id: 1 });
      await Promise.all([server.stop(), server.stop()]);
      await session(async (again) => assert.equal(await again.countDocuments({}), 1));
    });
  });

  describe('takes from the wire', () => {
    const header = (length: number, opCode: number): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeInt32LE(length, 0);
      bytes.writeInt32LE(7, 4);
      bytes.writeInt32LE(opCode, 12);
      return bytes;
    };

    const framed = (opCode: number, ...parts: Uint8Array[]): Buffer => {
      const body = Buffer.concat(parts);
      return Buffer.concat([header(body.length + 16, opCode), body]);
    };

    const message = (command: Document, flags = 0) =>
      framed(2013, Buffer.from([flags & 0xff, 0, (flags >> 16) & 0xff, 0, 0]), serialize(command));

    const dial = async ({ port }: MongodbServer): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1');
      open.push(async () => socket.destroy());
      await once(socket, 'connect');
      return socket;
    };

    /** Reads replies off a socket until there are as many as wanted. */
    const replies = async (
      socket: Socket,
      count: number,
    ): Promise<Array<{ to: number; op: number; body: Document }>> => {
      const found: Array<{ to: number; op: number; body: Document }> = [];
      let held = Buffer.alloc(0);
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        held = Buffer.concat([held, chunk]);
        while (held.length >= 4 && held.length >= held.readInt32LE(0)) {
          const one = held.subarray(0, held.readInt32LE(0));
          held = held.subarray(one.length);
          const op = one.readInt32LE(12);
          found.push({ to: one.readInt32LE(8), op, body: deserialize(one.subarray(op === 1 ? 36 : 21)) });
        }
        if (found.length >= count) return found;
      }
      return found;
    };

    it('the legacy handshake, and nothing else in that form', async () => {
      const socket = await dial(await start());
      const query = (command: Document) =>
        framed(2004, Buffer.alloc(4), Buffer.from('admin.$cmd\0'), Buffer.alloc(8), serialize(command));
      socket.write(Buffer.concat([query({ isMaster: 1, helloOk: true }), query({ find: 'things' })]));
      const [greeting, refused] = await replies(socket, 2);
      assert.deepEqual(
        [greeting?.to, greeting?.op, greeting?.body['ismaster'], greeting?.body['helloOk']],
        [7, 1, true, true],
      );
      assert.deepEqual([refused?.body['ok'], refused?.body['code']], [0, 352]);
    });

    it('messages in any slices, several at once, document sequences and checksums', async () => {
      const socket = await dial(await start());
      const documents = Buffer.concat([serialize({ _id: 1 }), serialize({ _id: 2 })]);
      const size = Buffer.alloc(4);
      size.writeInt32LE(4 + 'documents\0'.length + documents.length);
      const insert = framed(
        2013,
        Buffer.from([1, 0, 0, 0, 1]),
        size,
        Buffer.from('documents\0'),
        documents,
        Buffer.from([0]),
        serialize({ insert: 'things', $db: 'test' }),
        Buffer.from('sum!'),
      );
      const all = Buffer.concat([
        insert,
        message({ count: 'things', $db: 'test' }),
        message({ ping: 1, $db: 'test' }),
      ]);
      for (const byte of all.subarray(0, 90)) socket.write(Buffer.from([byte]));
      socket.write(all.subarray(90));
      const [inserted, counted, pinged] = await replies(socket, 3);
      assert.equal(inserted?.body['n'], 2);
      assert.equal(counted?.body['n'], 2);
      assert.equal(pinged?.body['ok'], 1);
    });

    it('documents that are no BSON: an error, and the connection lives', async () => {
      const socket = await dial(await start());
      const broken = Buffer.from(serialize({ ping: 'abcdef' }));
      broken[4] = 0x7e;
      socket.write(Buffer.concat([framed(2013, Buffer.alloc(5), broken), message({ ping: 1, $db: 'test' })]));
      const [refused, pinged] = await replies(socket, 2);
      assert.deepEqual([refused?.body['ok'], refused?.body['code']], [0, 22]);
      assert.equal(pinged?.body['ok'], 1);
    });

    it('anything malformed: closes that connection and serves the others', async () => {
      const server = await start();
      const things = thingsOf(clientOf(server));
      await things.insertOne({ _id: 1 });
      const wrong: Record<string, Buffer> = {
        'longer than a message may be': header(48_000_001, 2013),
        'negative length': header(-5, 2013),
        'length shorter than a header': header(3, 2013),
        'unknown operation': framed(2012, Buffer.alloc(20)),
        'no flags': framed(2013, Buffer.alloc(2)),
        'no body': framed(2013, Buffer.alloc(4)),
        'unknown required flag': message({ ping: 1 }, 4),
        'unknown section kind': framed(2013, Buffer.from([0, 0, 0, 0, 9]), serialize({ ping: 1 })),
        'document longer than its message': framed(2013, Buffer.alloc(5), Buffer.from([200, 0, 0, 0, 0])),
        'sequence longer than its message': framed(
          2013,
          Buffer.from([0, 0, 0, 0, 1]),
          Buffer.from([99, 0, 0, 0, 65, 0]),
        ),
        'sequence without a name': framed(
          2013,
          Buffer.from([0, 0, 0, 0, 1]),
          Buffer.from([8, 0, 0, 0, 65, 65, 65, 65]),
        ),
        'two bodies': framed(
          2013,
          Buffer.alloc(5),
          serialize({ ping: 1 }),
          Buffer.from([0]),
          serialize({ ping: 1 }),
        ),
        'query without a name': framed(2004, Buffer.from([0, 0, 0, 0, 65, 65])),
      };
      for (const [what, bytes] of Object.entries(wrong)) {
        const socket = await dial(server);
        socket.on('error', () => {});
        socket.resume();
        const closed = once(socket, 'close');
        socket.write(bytes);
        await closed;
        assert.equal(await things.countDocuments({}), 1, what);
      }
      assert.equal(
        lines.filter((line) => line.startsWith('closed connection')).length,
        Object.keys(wrong).length,
      );
    });

    it('random bytes, and clients that leave in the middle', async () => {
      const server = await start();
      const things = thingsOf(clientOf(server));
      for (let seed = 1; seed <= 40; seed += 1) {
        const bytes = message({ insert: 'things', documents: [{ _id: seed, a: 'x' }], $db: 'test' });
        for (let at = 0; at < 4; at += 1)
          bytes[(seed * 7919 + at * 104_729) % bytes.length] = (seed * 31 + at * 17) % 256;
        const socket = await dial(server);
        socket.on('error', () => {});
        socket.resume();
        const closed = once(socket, 'close');
        socket.end(bytes);
        await closed;
      }
      await things.insertOne({ _id: 1_000 });
      assert.equal(await things.countDocuments({ _id: 1_000 }), 1);
    });

    it('documents as large as MongoDB takes, and none larger', async () => {
      const things = thingsOf(clientOf(await start()));
      await things.insertOne({ _id: 1, text: 'x'.repeat(15 * 1024 * 1024) });
      await assert.rejects(things.updateOne({ _id: 1 }, { $set: { more: 'x'.repeat(2 * 1024 * 1024) } }), {
        code: 10334,
      });
      assert.equal((await things.findOne({ _id: 1 }))?.['more'], undefined);
      await things.insertMany([2, 3].map((_id) => ({ _id, text: 'y'.repeat(9 * 1024 * 1024) })));
      assert.equal((await things.find().toArray()).length, 3, 'more than one reply holds');
    });
  });

  describe('says what it does not do', () => {
    it('instead of doing something else', async () => {
      const client = clientOf(await start());
      const things = thingsOf(client);
      await things.insertOne({ _id: 1 });
      const collation = { locale: 'de', strength: 1 };
      await assert.rejects(things.find({}, { collation }).toArray(), { code: 238 });
      await assert.rejects(things.createIndex({ a: 'text' }), { code: 238 });
      await assert.rejects(things.createIndex({ a: 1 }, { expireAfterSeconds: 1 }), { code: 238 });
      await assert.rejects(things.aggregate([{ $out: 'other' }]).toArray(), { code: 238 });
      await assert.rejects(things.find({ $where: 'true' }).toArray(), { code: 2 });
      const transaction = client.withSession((mongo) =>
        mongo.withTransaction(() => things.insertOne({ _id: 2 }, { session: mongo })),
      );
      await assert.rejects(
        transaction,
        /retryable writes/,
        'there are no transactions on a standalone server',
      );
    });
  });
});
