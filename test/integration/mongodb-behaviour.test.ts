/**
 * The behaviour of MongoDB that the application relies on, tested with the real driver. Runs against the embedded
 * server, or against the one in MONGODB_URL; both must pass. Probes find out what the server does not support, and
 * tests that need it are skipped with its name.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { Binary, Decimal128, Double, EJSON, Long, UUID } from 'bson';
import {
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
  ObjectId,
} from 'mongodb';
import { startMongodbServer } from '../../lib/local/mongodb-server/server.ts';

interface Message {
  _id?: ObjectId;
  message_id: string;
  chat_id: number;
  sender_id: number;
  content: string;
  timestamp: Date;
  edited_at: Date | null;
}

const given = process.env['MONGODB_URL'] === '' ? undefined : process.env['MONGODB_URL'];

/** The error of an operation, or undefined. */
const errorOf = (
  operation: Promise<unknown>,
): Promise<{ code?: unknown; keyPattern?: unknown } | undefined> =>
  operation.then(
    () => undefined,
    (error: unknown) => error as { code?: unknown },
  );

/** Each probe tells whether a server has a feature. */
const probes = {
  'the key in the error of a duplicate': async (probe: Collection) => {
    await probe.insertOne({ n: 1, _id: 'x' as unknown as ObjectId });
    return (
      (await errorOf(probe.insertOne({ n: 1, _id: 'x' as unknown as ObjectId })))?.keyPattern !== undefined
    );
  },
  'silence after a write with w: 0': async (probe: Collection) => {
    await probe.insertOne({ n: 1 }, { writeConcern: { w: 0 } });
    return (await errorOf(probe.findOne({}))) === undefined;
  },
  'unique indexes that hold among concurrent inserts': async (probe: Collection) => {
    await probe.createIndex({ n: 1 }, { unique: true });
    await Promise.allSettled(Array.from({ length: 30 }, () => probe.insertOne({ n: 1 })));
    return (await probe.countDocuments({})) === 1;
  },
  'the code of a unique index over duplicates': async (probe: Collection) => {
    await probe.insertMany([{ n: 1 }, { n: 1 }]);
    return (await errorOf(probe.createIndex({ n: 1 }, { unique: true })))?.code === 11000;
  },
  '$count without a document for nothing': async (probe: Collection) => {
    await probe.insertOne({ n: 1 });
    return (await probe.aggregate([{ $match: { n: 2 } }, { $count: 'n' }]).toArray()).length === 0;
  },
  'a plan of stages in explain': async (probe: Collection) => {
    await probe.insertOne({ n: 1 });
    const { queryPlanner } = (await probe.find({ n: 1 }).explain()) as {
      queryPlanner?: { winningPlan?: unknown };
    };
    return queryPlanner?.winningPlan !== undefined;
  },
  '$diacriticSensitive: false': async (probe: Collection) => {
    await probe.createIndex({ text: 'text' }, { default_language: 'none' });
    const $text = { $search: 'x', $diacriticSensitive: false };
    return (await errorOf(probe.find({ $text }).toArray())) === undefined;
  },
  'text indexes in which an underscore is a letter': async (probe: Collection) => {
    await probe.createIndex({ text: 'text' }, { default_language: 'none' });
    await probe.insertOne({ text: 'fox_trot' });
    return (await probe.countDocuments({ $text: { $search: 'fox' } })) === 0;
  },
  'searches without a word to look for that find nothing': async (probe: Collection) => {
    await probe.createIndex({ text: 'text' }, { default_language: 'none' });
    await probe.insertOne({ text: 'fox' });
    return (await probe.countDocuments({ $text: { $search: '-brown' } })) === 0;
  },
  'an error when a collection is made again': async (probe: Collection) => {
    await probe.insertOne({ n: 1 });
    return (await errorOf(probe.db.createCollection(probe.collectionName)))?.code === 48;
  },
} satisfies Record<string, (probe: Collection) => Promise<boolean>>;

type Lack = keyof typeof probes;

describe('MongoDB as the application uses it', () => {
  let client: MongoClient;
  let stop = async () => {};
  const databaseName = `behaviour_${randomUUID().slice(0, 8)}`;
  const database = () => client.db(databaseName);
  const messages = (): Collection<Message> => database().collection<Message>('messages');
  const things = (): Collection => database().collection('things');

  const message = (chat: number, number: number, content = `message ${number}`): Message => ({
    message_id: `${chat}-${number}`,
    chat_id: chat,
    sender_id: 1,
    content,
    timestamp: new Date(1_700_000_000_000 + number),
    edited_at: null,
  });

  const lacks = new Set<Lack>();

  /** Whether the server can do what a test needs; skips the test otherwise. */
  const has = (t: TestContext, need: Lack): boolean => {
    if (!lacks.has(need)) return true;
    t.skip(`this server lacks ${need}`);
    return false;
  };

  /** Asks a server that is not ours for what servers of MongoDB's protocol are known to lack. */
  const findLacks = async (url: string): Promise<void> => {
    for (const [need, probe] of Object.entries(probes) as [Lack, (typeof probes)[Lack]][]) {
      // Of its own: an answer that nobody waits for confuses a connection.
      const probing = new MongoClient(url, { serverSelectionTimeoutMS: 5_000 });
      try {
        const collection = probing.db(databaseName).collection(`probe_${randomUUID().slice(0, 8)}`);
        if (!(await probe(collection))) lacks.add(need);
      } finally {
        await probing.close();
      }
    }
  };

  before(async () => {
    let url = given;
    if (url === undefined) {
      const dataDirectory = await mkdtemp(join(tmpdir(), 'mongodb-behaviour-'));
      const server = await startMongodbServer({ dataDirectory, log: () => {} });
      url = server.url;
      stop = async () => {
        await server.stop();
        await rm(dataDirectory, { recursive: true });
      };
    }
    client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000, writeConcern: { w: 'majority' } });
    if (given !== undefined) await findLacks(url);
  });

  after(async () => {
    await database().dropDatabase();
    await client.close();
    await stop();
  });

  beforeEach(async () => {
    await database().dropDatabase();
    await messages().createIndexes([
      { key: { message_id: 1 }, unique: true },
      { key: { chat_id: 1, timestamp: -1 } },
      { key: { content: 'text' }, default_language: 'none' },
    ]);
  });

  it('greets and tells about itself', async () => {
    const admin = client.db('admin');
    assert.equal((await admin.command({ ping: 1 }))['ok'], 1);
    assert.equal((await admin.command({ hello: 1 }))['isWritablePrimary'], true);
    assert.match((await admin.command({ buildInfo: 1 }))['version'], /^\d+\.\d+\.\d+/);
    await admin.command({ connectionStatus: 1 });
    await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 });
    await assert.rejects(admin.command({ noSuchThing: 1 }), { code: 59, codeName: 'CommandNotFound' });
  });

  describe('documents', () => {
    it('inserts, reads, updates and deletes one', async () => {
      const { insertedId } = await messages().insertOne(message(1, 1));
      assert.deepEqual(await messages().findOne({ _id: insertedId }), { ...message(1, 1), _id: insertedId });
      const edited = await messages().updateOne(
        { message_id: '1-1', chat_id: 1 },
        { $set: { content: 'better', edited_at: new Date(5) } },
      );
      assert.deepEqual([edited.matchedCount, edited.modifiedCount], [1, 1]);
      const read = await messages().findOne({ message_id: '1-1' });
      assert.equal(read?.content, 'better');
      assert.deepEqual(read?.edited_at, new Date(5));
      assert.equal((await messages().deleteOne({ message_id: '1-1' })).deletedCount, 1);
      assert.equal(await messages().findOne({ message_id: '1-1' }), null);
    });

    it('makes an _id, puts it first, and refuses one twice', async (t) => {
      if (!has(t, 'the key in the error of a duplicate')) return;
      await things().insertOne({ a: 1, _id: 'x' as unknown as ObjectId });
      assert.deepEqual(Object.keys((await things().findOne({})) ?? {}), ['_id', 'a']);
      await assert.rejects(things().insertOne({ _id: 'x' as unknown as ObjectId }), {
        code: 11000,
        keyPattern: { _id: 1 },
        keyValue: { _id: 'x' },
      });
      await assert.rejects(things().insertOne({ _id: [1] as unknown as ObjectId }), { code: 53 });
    });

    it('keeps every type as it came', async () => {
      const values = {
        whole: 5,
        fraction: 1.5,
        long: Long.fromString('9007199254740993'),
        double: new Double(3),
        decimal: Decimal128.fromString('1.10'),
        date: new Date(0),
        none: null,
        yes: true,
        text: 'Grüße 👋 \u0000 end',
        bytes: new Binary(Buffer.from([0, 255, 1])),
        uuid: new UUID('01890a5d-ac96-774b-bcce-b302099a8057'),
        list: [1, [2, { three: 3 }]],
        nested: { b: 1, a: 2 },
      };
      await things().insertOne({ ...values });
      const read = await things().findOne({}, { promoteValues: false, projection: { _id: 0 } });
      assert.equal(read?.['double']._bsontype, 'Double');
      assert.equal(read?.['whole']._bsontype, 'Int32');
      const plain = await things().findOne({}, { projection: { _id: 0 } });
      assert.equal(
        EJSON.stringify(plain, { relaxed: false }),
        EJSON.stringify({ ...values, double: 3 }, { relaxed: false }),
      );
      assert.equal(await things().countDocuments({ uuid: values.uuid, bytes: values.bytes }), 1);
      assert.equal(await things().countDocuments({ double: Long.fromNumber(3), long: values.long }), 1);
      assert.equal(await things().countDocuments({ nested: { a: 2, b: 1 } }), 0, 'field order counts');
    });

    it('replaces, upserts and tells the counts', async () => {
      const made = await things().updateOne(
        { key: 'a' },
        { $set: { n: 1 }, $setOnInsert: { first: true } },
        { upsert: true },
      );
      assert.equal(made.upsertedCount, 1);
      assert.equal(made.matchedCount, 0);
      const again = await things().updateOne(
        { key: 'a' },
        { $set: { n: 1 }, $setOnInsert: { first: false } },
        { upsert: true },
      );
      assert.deepEqual([again.matchedCount, again.modifiedCount, again.upsertedCount], [1, 0, 0]);
      assert.deepEqual(await things().findOne({ key: 'a' }), {
        _id: made.upsertedId,
        key: 'a',
        n: 1,
        first: true,
      });
      await things().replaceOne({ key: 'a' }, { other: 1 });
      assert.deepEqual(await things().findOne({}), { _id: made.upsertedId, other: 1 });
    });

    it('applies the update operators', async () => {
      await things().insertOne({
        n: 1,
        tags: ['a', 'b'],
        deep: { x: 1 },
        gone: 1,
        list: [
          { id: 1, v: 1 },
          { id: 2, v: 2 },
        ],
      });
      await things().updateOne(
        { 'list.id': 2 },
        {
          $inc: { n: 2, 'deep.count': 1 },
          $push: { tags: 'c' } as Document,
          $unset: { gone: '' },
          $set: { 'deep.y.z': 1, 'list.$.v': 20 },
          $currentDate: { at: true },
        },
      );
      const read = await things().findOne({}, { projection: { _id: 0 } });
      assert.ok(read?.['at'] instanceof Date);
      delete read['at'];
      assert.deepEqual(read, {
        n: 3,
        tags: ['a', 'b', 'c'],
        deep: { x: 1, count: 1, y: { z: 1 } },
        list: [
          { id: 1, v: 1 },
          { id: 2, v: 20 },
        ],
      });
      await things().updateOne(
        {},
        { $pull: { tags: { $in: ['a', 'c'] } } as Document, $addToSet: { more: 1 }, $rename: { n: 'm' } },
      );
      const then = await things().findOne({}, { projection: { _id: 0, tags: 1, more: 1, m: 1 } });
      assert.deepEqual(then, { tags: ['b'], more: [1], m: 3 });
      await things().updateOne({}, { $set: { 'list.$[each].v': 0 } }, { arrayFilters: [{ 'each.id': 1 }] });
      assert.deepEqual((await things().findOne({}))?.['list'][0], { id: 1, v: 0 });
      await things().updateOne({}, [{ $set: { sum: { $add: ['$m', 1] } } }]);
      assert.equal((await things().findOne({}))?.['sum'], 4);
    });

    it('refuses updates that make no sense', async () => {
      await things().insertOne({ _id: new ObjectId(), text: 'x', n: 1 });
      const refused: Array<[Document, number]> = [
        [{ $set: { _id: 5 } }, 66],
        [{ $set: { 'text.a': 1 } }, 28],
        [{ $inc: { text: 1 } }, 14],
        [{ $inc: { n: 'x' } }, 14],
        [{ $nonsense: { a: 1 } }, 9],
        [{ $set: { a: 1 }, $inc: { a: 1 } }, 40],
      ];
      for (const [update, code] of refused) {
        await assert.rejects(things().updateOne({}, update), { code }, JSON.stringify(update));
      }
    });

    it('updates and deletes many', async () => {
      await messages().insertMany([message(1, 1), message(1, 2), message(2, 1)]);
      const updated = await messages().updateMany({ chat_id: 1 }, { $set: { chat_id: 3 } });
      assert.deepEqual([updated.matchedCount, updated.modifiedCount], [2, 2]);
      assert.equal(await messages().countDocuments({ chat_id: 1 }), 0);
      assert.equal(await messages().countDocuments({ chat_id: 3 }), 2);
      assert.equal((await messages().deleteMany({ chat_id: { $in: [2, 3] } })).deletedCount, 3);
    });

    it('accepts every write concern and waits for none with w: 0', async (t) => {
      if (!has(t, 'silence after a write with w: 0')) return;
      for (const writeConcern of [{ w: 1 }, { w: 1, journal: true }, { w: 'majority' as const }, { w: 0 }]) {
        await things().insertOne({ w: String(writeConcern.w) }, { writeConcern });
      }
      // The same connection answers in order, so what was not acknowledged is there by now.
      assert.equal(await things().countDocuments({}), 4);
    });
  });

  describe('unique indexes', () => {
    it('lets exactly one of many concurrent inserts in', async (t) => {
      if (!has(t, 'unique indexes that hold among concurrent inserts')) return;
      if (!has(t, 'the key in the error of a duplicate')) return;
      const tries = await Promise.allSettled(
        Array.from({ length: 30 }, () => messages().insertOne(message(1, 1))),
      );
      const refused = tries.filter((each) => each.status === 'rejected');
      assert.equal(refused.length, 29);
      for (const { reason } of refused) {
        assert.ok(reason instanceof MongoServerError);
        assert.equal(reason.code, 11000);
        assert.deepEqual(reason['keyPattern'], { message_id: 1 });
        assert.deepEqual(reason['keyValue'], { message_id: '1-1' });
        assert.match(reason.message, /E11000 duplicate key error collection: .*messages index: message_id_1/);
      }
      assert.equal(await messages().countDocuments({}), 1);
    });

    it('guards updates too, and frees the key of what is deleted', async () => {
      await messages().insertMany([message(1, 1), message(1, 2)]);
      await assert.rejects(messages().updateOne({ message_id: '1-2' }, { $set: { message_id: '1-1' } }), {
        code: 11000,
      });
      assert.equal(await messages().countDocuments({ message_id: '1-2' }), 1);
      await messages().deleteOne({ message_id: '1-1' });
      await messages().updateOne({ message_id: '1-2' }, { $set: { message_id: '1-1' } });
      await messages().insertOne(message(1, 2));
    });

    it('cannot be made over duplicates', async (t) => {
      if (!has(t, 'the code of a unique index over duplicates')) return;
      await things().insertMany([{ a: 1 }, { a: 1 }]);
      await assert.rejects(things().createIndex({ a: 1 }, { unique: true }), { code: 11000 });
      assert.deepEqual(
        (await things().indexes()).map(({ name }) => name),
        ['_id_'],
      );
    });

    it('counts a missing field as null unless it is sparse', async () => {
      await things().createIndex({ a: 1 }, { unique: true });
      await things().insertOne({ b: 1 });
      await assert.rejects(things().insertOne({ a: null }), { code: 11000 });
      await things().dropIndex('a_1');
      await things().createIndex({ a: 1 }, { unique: true, sparse: true });
      await things().insertMany([{ b: 2 }, { b: 3 }, { a: 1 }]);
      await assert.rejects(things().insertOne({ a: 1 }), { code: 11000 });
    });
  });

  describe('bulk writes', () => {
    it('stops an ordered one at the first error and goes on with an unordered one', async () => {
      const documents = [message(1, 1), message(1, 1), message(1, 2)];
      await assert.rejects(messages().insertMany(documents.map((each) => ({ ...each }))), (error) => {
        assert.ok(error instanceof MongoBulkWriteError);
        assert.equal(error.code, 11000);
        assert.equal(error.insertedCount, 1);
        return true;
      });
      await messages().deleteMany({});
      await assert.rejects(
        messages().insertMany(documents, { ordered: false }),
        (error) => error instanceof MongoBulkWriteError && error.insertedCount === 2,
      );
      assert.equal(await messages().countDocuments({}), 2);
    });

    it('mixes operations', async () => {
      const result = await messages().bulkWrite([
        { insertOne: { document: message(1, 1) } },
        { updateOne: { filter: { message_id: '1-1' }, update: { $set: { content: 'new' } } } },
        { updateOne: { filter: { message_id: '9-9' }, update: { $set: { chat_id: 9 } }, upsert: true } },
        { deleteOne: { filter: { message_id: '1-1' } } },
      ]);
      assert.deepEqual(
        [result.insertedCount, result.modifiedCount, result.upsertedCount, result.deletedCount],
        [1, 1, 1, 1],
      );
    });

    it('takes thousands of documents in one call', async () => {
      const many = Array.from({ length: 5_000 }, (_, number) => message(1, number, 'x'.repeat(500)));
      assert.equal((await messages().insertMany(many)).insertedCount, 5_000);
      assert.equal(await messages().estimatedDocumentCount(), 5_000);
    });
  });

  describe('reading', () => {
    beforeEach(async () => {
      await messages().insertMany(
        [1, 2].flatMap((chat) => Array.from({ length: 150 }, (_, number) => message(chat, number))),
      );
    });

    it('reads a list of ids of one chat', async () => {
      const ids = ['1-3', '1-7', '2-3', 'none'];
      const found = await messages()
        .find({ chat_id: 1, message_id: { $in: ids } })
        .toArray();
      assert.deepEqual(found.map(({ message_id: id }) => id).toSorted(), ['1-3', '1-7']);
    });

    it('finds the same by an index for each field as by looking at every document', async () => {
      const values = [1, 2, '1', null, [1, 2], [2, null], [[1, 2]], { b: 1 }, { b: 1, c: 2 }, new Date(0)];
      const documents: Document[] = values.flatMap((a) => [{ a }, ...values.map((b) => ({ a, b }))]);
      const withIds = [...documents, ...values.map((b) => ({ b }))].map((one, number) => ({
        number,
        ...one,
      }));
      const indexed = things();
      await indexed.createIndexes([{ key: { a: 1 } }, { key: { b: 1, number: 1 } }]);
      await indexed.insertMany(withIds);
      await database().collection('scanned').insertMany(withIds);
      const among = [1, null, [1, 2], { b: 1 }].map((value) => ({ $in: [value, 7] }));
      const conditions = [...values, ...among, { $in: [] }, { $eq: 2 }];
      const filters = conditions.flatMap((a) => conditions.map((b) => ({ a, b })));
      const more = [
        { a: 1, b: { $in: [1, 2], $gt: 1 } },
        { a: 1, b: { $in: [1, /^1$/] } },
        { a: 1, b: 2, number: 1 },
        { a: 1, b: 1, $and: [{ b: 2 }] },
        { a: { $in: [1] }, b: 2, $or: [{ number: 5 }] },
      ];
      const findAll = (name: string) =>
        Promise.all(
          [...filters, ...more].map((filter) =>
            database()
              .collection(name)
              .find(filter as Document)
              .sort({ number: 1 })
              .project({ _id: 0, number: 1 })
              .toArray(),
          ),
        );
      const found = await findAll('things');
      assert.deepEqual(found, await findAll('scanned'));
      assert.ok(found.filter((some) => some.length > 0).length > 100);
    });

    it('does not find what changed since the batch before', async () => {
      const ids = [1, 2, 3, 4, 5, 6].map((number) => `1-${number}`);
      const cursor = messages().find({ chat_id: 1, message_id: { $in: ids } }, { batchSize: 2 });
      await cursor.next();
      await messages().updateOne({ message_id: '1-5' }, { $set: { chat_id: 2 } });
      await messages().deleteOne({ message_id: '1-6' });
      assert.deepEqual(
        (await cursor.toArray()).map(({ message_id: id }) => id),
        ['1-2', '1-3', '1-4'],
      );
    });

    it('sorts, skips, limits and projects', async () => {
      const found = await messages()
        .find({ chat_id: 2 })
        .sort({ timestamp: -1 })
        .skip(2)
        .limit(3)
        .project({ _id: 0, message_id: 1 })
        .toArray();
      assert.deepEqual(found, [{ message_id: '2-147' }, { message_id: '2-146' }, { message_id: '2-145' }]);
      const without = await messages().findOne(
        { message_id: '1-1' },
        { projection: { _id: 0, content: 0, timestamp: 0 } },
      );
      assert.deepEqual(without, { message_id: '1-1', chat_id: 1, sender_id: 1, edited_at: null });
    });

    it('sorts values of all types in their order', async () => {
      const values = [
        null,
        -1,
        3,
        'B',
        'a',
        'é',
        '\uffee',
        '😀',
        { a: 1 },
        new ObjectId(),
        false,
        true,
        new Date(0),
      ];
      await things().insertMany(values.toReversed().map((value) => ({ value })));
      const sorted = await things().find().sort({ value: 1 }).toArray();
      assert.deepEqual(
        sorted.map(({ value }) => value),
        values,
      );
    });

    it('fetches batch by batch', async () => {
      const cursor = messages().find({}, { batchSize: 40 }).sort({ chat_id: 1, timestamp: 1 });
      const ids: string[] = [];
      for await (const { message_id: id } of cursor) ids.push(id);
      assert.equal(ids.length, 300);
      assert.equal(new Set(ids).size, 300);
      assert.equal(ids[299], '2-149');
    });

    it('forgets a cursor that is closed, and knows no other', async () => {
      const cursor = messages().find({}, { batchSize: 10 });
      await cursor.next();
      const id = cursor.id;
      await cursor.close();
      await assert.rejects(database().command({ getMore: id, collection: 'messages' }), { code: 43 });
    });

    it('compares ranges, existence, types and regular expressions', async () => {
      const since = new Date(1_700_000_000_140);
      assert.equal(await messages().countDocuments({ chat_id: 1, timestamp: { $gte: since } }), 10);
      assert.equal(
        await messages().countDocuments({ chat_id: 1, timestamp: { $lt: since }, edited_at: null }),
        140,
      );
      assert.equal(await messages().countDocuments({ content: /^MESSAGE 14/i }), 22);
      assert.equal(await messages().countDocuments({ missing: { $exists: true } }), 0);
      assert.equal(await messages().countDocuments({ missing: null, chat_id: { $ne: 1 } }), 150);
      assert.equal(
        await messages().countDocuments({ $or: [{ message_id: '1-1' }, { message_id: '2-1' }] }),
        2,
      );
      assert.equal(
        await messages().countDocuments({ content: { $gt: 5 as unknown as string } }),
        0,
        'types do not mix',
      );
      assert.equal(
        await messages().countDocuments({ timestamp: { $type: 'date' }, _id: { $type: 'objectId' } }),
        300,
      );
    });

    it('looks into arrays', async () => {
      await things().createIndex({ 'people.id': 1 });
      await things().insertMany([
        {
          name: 'a',
          people: [
            { id: 1, age: 5 },
            { id: 2, age: 50 },
          ],
        },
        { name: 'b', people: [{ id: 2, age: 5 }], tags: ['x', 'y'] },
      ]);
      const names = async (filter: Document) =>
        (await things().find(filter).sort({ name: 1 }).toArray()).map(({ name }) => name);
      assert.deepEqual(await names({ 'people.id': 2 }), ['a', 'b']);
      assert.deepEqual(await names({ people: { $elemMatch: { id: 2, age: 5 } } }), ['b']);
      assert.deepEqual(await names({ 'people.id': 2, 'people.age': 50 }), ['a']);
      assert.deepEqual(await names({ tags: 'y' }), ['b']);
      assert.deepEqual(await names({ tags: ['x', 'y'] }), ['b']);
      assert.deepEqual(await names({ 'people.1.id': 2 }), ['a']);
    });

    it('counts and lists distinct values', async () => {
      assert.equal(await messages().countDocuments({ chat_id: 1 }), 150);
      assert.equal(await messages().countDocuments({ chat_id: 1 }, { skip: 100, limit: 20 }), 20);
      assert.equal(await messages().estimatedDocumentCount(), 300);
      assert.deepEqual(
        (await messages().distinct('chat_id', {})).toSorted((left, right) => left - right),
        [1, 2],
      );
    });

    it('aggregates', async (t) => {
      if (!has(t, '$count without a document for nothing')) return;
      const grouped = await messages()
        .aggregate([
          { $match: { timestamp: { $gte: new Date(1_700_000_000_100) } } },
          { $group: { _id: '$chat_id', n: { $sum: 1 }, last: { $max: '$timestamp' } } },
          { $sort: { _id: -1 } },
        ])
        .toArray();
      assert.deepEqual(grouped, [
        { _id: 2, n: 50, last: new Date(1_700_000_000_149) },
        { _id: 1, n: 50, last: new Date(1_700_000_000_149) },
      ]);
      const [page] = await messages()
        .aggregate([
          { $match: { chat_id: 1 } },
          {
            $facet: {
              items: [
                { $sort: { timestamp: -1 } },
                { $skip: 1 },
                { $limit: 2 },
                { $project: { _id: 0, message_id: 1 } },
              ],
              total: [{ $count: 'n' }],
            },
          },
        ])
        .toArray();
      assert.deepEqual(page, {
        items: [{ message_id: '1-148' }, { message_id: '1-147' }],
        total: [{ n: 150 }],
      });
      assert.deepEqual(
        await messages()
          .aggregate([{ $match: { chat_id: 7 } }, { $count: 'n' }])
          .toArray(),
        [],
      );
      await assert.rejects(
        messages()
          .aggregate([{ $nonsense: {} }])
          .toArray(),
        { code: 40324 },
      );
    });

    it('uses indexes for what the application asks', async (t) => {
      if (!has(t, 'a plan of stages in explain')) return;
      const planOf = async (filter: Document) =>
        JSON.stringify((await messages().find(filter).explain()).queryPlanner.winningPlan);
      for (const filter of [
        { message_id: '1-1' },
        { chat_id: 1, message_id: { $in: ['1-1', '1-2'] } },
        { chat_id: 1 },
      ]) {
        const plan = await planOf(filter);
        assert.match(plan, /IXSCAN|EXPRESS/);
        assert.doesNotMatch(plan, /COLLSCAN/);
      }
      assert.match(await planOf({ sender_id: 1 }), /COLLSCAN/);
      assert.match(await planOf({ $text: { $search: 'x' } }), /TEXT/);
    });
  });

  describe('findOneAndUpdate, -Replace and -Delete', () => {
    it('gives the document before or after', async () => {
      await messages().insertMany([message(1, 1), message(1, 2)]);
      const before = await messages().findOneAndUpdate({ message_id: '1-1' }, { $set: { content: 'x' } });
      assert.equal(before?.content, 'message 1');
      const changed = await messages().findOneAndUpdate(
        { chat_id: 1 },
        { $set: { content: 'y' } },
        {
          sort: { timestamp: -1 },
          returnDocument: 'after',
          projection: { _id: 0, message_id: 1, content: 1 },
        },
      );
      assert.deepEqual(changed, { message_id: '1-2', content: 'y' });
      assert.equal(
        await messages().findOneAndUpdate({ message_id: 'none' }, { $set: { content: 'z' } }),
        null,
      );
      assert.equal((await messages().findOneAndDelete({ message_id: '1-2' }))?.content, 'y');
      assert.equal(await messages().countDocuments({}), 1);
    });

    it('upserts and counts up', async () => {
      const next = () =>
        things().findOneAndUpdate(
          { name: 'counter' },
          { $inc: { n: 1 } },
          { upsert: true, returnDocument: 'after' },
        );
      const counted = await Promise.all(Array.from({ length: 20 }, next));
      assert.deepEqual(
        counted.map((each) => each?.['n']).toSorted((left, right) => left - right),
        Array.from({ length: 20 }, (_, at) => at + 1),
      );
    });
  });

  describe('text search', () => {
    const found = async (search: string, more: Document = {}) => {
      const $text = {
        $search: search,
        $language: 'none',
        $caseSensitive: false,
        ...(lacks.has('$diacriticSensitive: false') ? {} : { $diacriticSensitive: false }),
      };
      const list = await messages()
        .find({ $text, ...more })
        .toArray();
      return list.map(({ message_id: id }) => id).toSorted();
    };

    beforeEach(async () => {
      await messages().insertMany([
        message(1, 1, 'The quick brown fox'),
        message(1, 2, 'A QUICK reply, and a pre-market note'),
        message(2, 3, 'Café über alles; naïve'),
        message(2, 4, 'brown bread and the fox_trot'),
        message(2, 5, 'das ist schön 👋 hello-world'),
      ]);
    });

    it('finds whole words without regard to case', async (t) => {
      if (!has(t, 'text indexes in which an underscore is a letter')) return;
      assert.deepEqual(await found('quick'), ['1-1', '1-2']);
      assert.deepEqual(await found('QUICK'), ['1-1', '1-2']);
      assert.deepEqual(await found('qui'), [], 'no parts of words');
      assert.deepEqual(await found('fox'), ['1-1'], 'the underscore joins');
      assert.deepEqual(await found('market'), ['1-2'], 'the hyphen parts');
    });

    it('does without stop words and stems', async () => {
      assert.deepEqual(await found('the'), ['1-1', '2-4']);
      assert.deepEqual(await found('notes'), []);
    });

    it('ignores accents on both sides', async (t) => {
      // What it is without being asked for, too.
      if (!has(t, '$diacriticSensitive: false')) return;
      assert.deepEqual(await found('cafe'), ['2-3']);
      assert.deepEqual(await found('schon'), ['2-5']);
      assert.deepEqual(await found('réply'), ['1-2']);
    });

    it('joins words by or, narrows by phrase, leaves out what is negated', async (t) => {
      if (!has(t, 'searches without a word to look for that find nothing')) return;
      assert.deepEqual(await found('fox bread'), ['1-1', '2-4']);
      assert.deepEqual(await found('"brown fox"'), ['1-1']);
      assert.deepEqual(await found('"fox brown"'), []);
      assert.deepEqual(await found('brown -bread'), ['1-1']);
      assert.deepEqual(await found('brown -"quick brown"'), ['2-4']);
      assert.deepEqual(await found('pre-market'), ['1-2'], 'a hyphen in a word negates nothing');
      assert.deepEqual(await found('-brown'), []);
      assert.deepEqual(await found(''), []);
    });

    it('combines with other conditions and with sorting', async () => {
      assert.deepEqual(await found('brown', { chat_id: { $in: [2, 9] } }), ['2-4']);
      const [newest] = await messages()
        .aggregate([
          { $match: { $text: { $search: 'brown' }, chat_id: { $in: [1, 2] } } },
          { $sort: { timestamp: -1 } },
          { $limit: 1 },
        ])
        .toArray();
      assert.equal(newest?.['message_id'], '2-4');
    });

    it('follows changes and deletions', async () => {
      await messages().updateOne({ message_id: '1-1' }, { $set: { content: 'something else' } });
      assert.deepEqual(await found('quick'), ['1-2']);
      assert.deepEqual(await found('something'), ['1-1']);
      await messages().deleteOne({ message_id: '1-2' });
      assert.deepEqual(await found('quick'), []);
    });

    it('needs an index', async () => {
      await things().insertOne({ a: 1 });
      await assert.rejects(
        things()
          .find({ $text: { $search: 'x' } })
          .toArray(),
        { code: 27 },
      );
    });
  });

  describe('collections and indexes', () => {
    it('lists, creates and drops', async (t) => {
      if (!has(t, 'an error when a collection is made again')) return;
      assert.deepEqual(
        (await database().listCollections().toArray()).map(({ name }) => name),
        ['messages'],
      );
      await database().createCollection('made');
      await assert.rejects(database().createCollection('made'), { code: 48 });
      assert.deepEqual(await database().listCollections({ name: 'made' }, { nameOnly: true }).toArray(), [
        { name: 'made', type: 'collection' },
      ]);
      await database().collection('made').drop();
      const { databases } = await client.db('admin').admin().listDatabases();
      assert.ok(databases.some(({ name }) => name === databaseName));
      await database().dropDatabase();
      assert.deepEqual(await database().listCollections().toArray(), []);
    });

    it('lists, keeps apart and drops indexes', async () => {
      const names = async () =>
        (await messages().indexes())
          .map(({ name }) => String(name))
          .toSorted((left, right) => left.localeCompare(right));
      const all = ['_id_', 'chat_id_1_timestamp_-1', 'content_text', 'message_id_1'];
      assert.deepEqual(await names(), all);
      assert.equal(await messages().createIndex({ message_id: 1 }, { unique: true }), 'message_id_1');
      await assert.rejects(messages().createIndex({ message_id: 1 }, { name: 'other', unique: true }), {
        code: 85,
      });
      await assert.rejects(messages().createIndex({ message_id: 1 }, { name: 'message_id_1' }), { code: 86 });
      await messages().dropIndex('chat_id_1_timestamp_-1');
      assert.deepEqual(await names(), ['_id_', 'content_text', 'message_id_1']);
      await assert.rejects(messages().dropIndex('none'), { code: 27 });
      await assert.rejects(things().indexes(), { code: 26 });
    });
  });
});
