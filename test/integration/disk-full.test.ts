import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { sql } from 'kysely';
import { MongoClient, type MongoServerError } from 'mongodb';
import { createObjectStorage } from '../../functions/gateways/object-storage.ts';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { startLocalCloud } from '../../lib/local/cloud.ts';
import { startS3 } from '../../lib/local/s3/s3-server.ts';
import { openQueue } from '../../lib/local/sqs/local-queue.ts';
import { startDynamodb } from '../../lib/local/stores/dynamodb.ts';
import { startMysql } from '../../lib/local/stores/mysql.ts';
import { startMongodbServer } from '../../lib/local/mongodb-server/server.ts';

const MB = 1024 * 1024;

/** Creates a small disk for a test. @throws when this user is not allowed to mount one */
const smallDisk = (bytes: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  const filler = join(folder, 'filler');
  return {
    folder,
    /** Leaves no room at all. */
    fill: (): void => {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    makeRoom: (): void => rmSync(filler),
    remove: (): void => {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
};

const disk = ((): ReturnType<typeof smallDisk> | undefined => {
  try {
    return smallDisk(24 * MB);
  } catch {
    process.stderr.write(
      'NOT TESTED: what happens on a full disk, for this user may not mount a small one\n',
    );
    return undefined;
  }
})();
const { folder, fill, makeRoom } = disk ?? { folder: '', fill: () => undefined, makeRoom: () => undefined };

suite('on a full disk', { skip: disk === undefined ? 'needs a mount' : false }, () => {
  after(() => disk?.remove());

  suite('the embedded MongoDB server', () => {
    const lines: string[] = [];
    let server: Awaited<ReturnType<typeof startMongodbServer>>;
    let client: MongoClient;
    const open = async (): Promise<void> => {
      server = await startMongodbServer({
        dataDirectory: join(folder, 'mongodb'),
        host: '127.0.0.1',
        port: 0,
        log: (line) => lines.push(line),
      });
      client = new MongoClient(server.url, { retryWrites: false, retryReads: false });
    };
    const close = async (): Promise<void> => {
      await client.close();
      await server.stop();
    };
    before(open);
    after(close);

    test('refuses, says why, and goes on once there is room, having lost nothing that it took', async () => {
      const items = () => client.db('chat').collection<{ _id: number; text: string }>('items');
      const text = 'x'.repeat(10_000);
      await items().insertOne({ _id: 0, text });
      fill();
      const outOfSpace = (error: MongoServerError): boolean => error.code === 14_031;
      let taken = 0;
      await assert.rejects(async () => {
        for (;;) {
          await items().insertOne({ _id: taken + 1, text });
          taken += 1;
        }
      }, outOfSpace);
      // Reading is refused too: so a check of its health tells.
      await assert.rejects(items().findOne({ _id: 0 }), outOfSpace);
      await assert.rejects(items().insertOne({ _id: -1, text }), outOfSpace);
      assert.equal(lines.filter((line) => line.includes('the disk is full')).length, 1);

      makeRoom();
      assert.equal((await items().findOne({ _id: 0 }))?.text, text);
      await items().insertOne({ _id: -2, text });
      assert.equal(lines.filter((line) => line.includes('there is room on the disk again')).length, 1);

      await close();
      await open();
      const ids = new Set((await items().find().toArray()).map(({ _id }) => _id));
      for (let id = 0; id <= taken; id += 1) assert.ok(ids.has(id), String(id));
      assert.ok(ids.has(-2));
      assert.ok(!ids.has(-1), 'what was refused before it was looked at');
      assert.ok(!lines.some((line) => line.includes('unfinished write')), lines.join('\n'));
    });
  });

  test('S3 refuses, and goes on once there is room, having lost nothing that it took', async () => {
    const lines: string[] = [];
    const s3 = await startS3({
      dataDirectory: join(folder, 's3'),
      buckets: [{ name: 'files', arn: 'arn:aws:s3:::files' }],
      region: 'eu-central-1',
      host: '127.0.0.1',
      principals: new Map(),
      secretAccessKey: 'local',
      log: (line) => lines.push(line),
    });
    const objects = createObjectStorage({
      name: 'files',
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${s3.port}`,
      credentials: async () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
    });
    const put = (key: 'f/kept' | 'f/refused', bytes: number) =>
      objects.put(key, Buffer.alloc(bytes), { contentType: 'image/png', contentDisposition: 'inline' });
    try {
      await put('f/kept', 1000);
      fill();
      const refused = (error: unknown): boolean =>
        error instanceof StoreUnavailableError && error.store === 's3';
      await assert.rejects(put('f/refused', 1_000_000), refused);
      await assert.rejects(put('f/kept', 1_000_000), refused);
      makeRoom();
      assert.equal((await objects.read('f/kept'))?.length, 1000);
      assert.equal(await objects.find('f/refused'), undefined);
      assert.equal(readdirSync(join(folder, 's3', 'files', 'contents')).length, 1);
      await put('f/refused', 1_000_000);
      assert.ok(lines.some((line) => /the disk is full/.test(line)));
    } finally {
      await s3.stop();
    }
  });

  test('a queue refuses, and goes on once there is room, having lost nothing that it took', () => {
    const definition = { name: 'q', arn: 'a', url: 'u', visibilityTimeout: 0, retention: 3600 };
    const open = () => openQueue(definition, join(folder, 'queue.jsonl'), () => undefined);
    const queue = open();
    const noRoom = { code: 'ENOSPC' };
    queue.send('kept', 0);
    fill();
    assert.throws(() => queue.send(`refused ${'x'.repeat(10_000)}`, 0), noRoom);
    makeRoom();
    queue.send('after', 0);
    const bodies = (from: typeof queue): string[] => from.receive(10).map(({ body }) => body);
    assert.deepEqual(bodies(queue), ['kept', 'after']);
    assert.deepEqual(bodies(open()), ['kept', 'after']);
  });

  test('the local cloud says that it is full, and leaves nothing in its folder', async () => {
    const dataDirectory = join(folder, 'data');
    mkdirSync(dataDirectory);
    fill();
    const started = startLocalCloud({ dataDirectory, httpPort: 0, webSocketPort: 0, log: () => undefined });
    await assert.rejects(started, /its disk is full/);
    assert.deepEqual(readdirSync(dataDirectory), []);
    makeRoom();
  });

  test('DynamoDB refuses, and goes on once there is room', async () => {
    const lines: string[] = [];
    const start = () =>
      startDynamodb({
        dataDirectory: join(folder, 'dynamodb'),
        region: 'eu-central-1',
        log: (line) => lines.push(line),
        tables: [
          {
            TableName: 'items',
            KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          },
        ],
      });
    let dynamodb = await start();
    const clientOf = () =>
      new DynamoDBClient({
        endpoint: dynamodb.url,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        maxAttempts: 1,
      });
    let client = clientOf();
    const put = (id: string) =>
      client.send(
        new PutItemCommand({ TableName: 'items', Item: { id: { S: id }, text: { S: 'x'.repeat(50_000) } } }),
      );
    const has = async (id: string): Promise<boolean> =>
      (await client.send(new GetItemCommand({ TableName: 'items', Key: { id: { S: id } } }))).Item !==
      undefined;
    const away = (error: Error & { $metadata?: { httpStatusCode?: number } }): boolean =>
      error.$metadata?.httpStatusCode === 500;
    try {
      await put('first');
      fill();
      let taken = 0;
      await assert.rejects(async () => {
        for (;;) {
          await put(`item ${taken}`);
          taken += 1;
        }
      }, away);
      await assert.rejects(has('first'), away);
      await assert.rejects(put('refused'), away);

      makeRoom();
      // It looks for room a few times a second.
      for (const deadline = Date.now() + 20_000; ;) {
        const works = await has('first').catch(() => false);
        if (works) break;
        assert.ok(Date.now() < deadline, lines.join('\n'));
        await new Promise((resolve) => void setTimeout(resolve, 100));
      }
      await put('later');

      client.destroy();
      await dynamodb.stop();
      dynamodb = await start();
      client = clientOf();
      for (let index = 0; index < taken; index += 1) assert.ok(await has(`item ${index}`), `item ${index}`);
      assert.ok(await has('first'));
      assert.ok(await has('later'));
      assert.ok(!(await has('refused')));
    } finally {
      client.destroy();
      await dynamodb.stop();
    }
  });

  test('MySQL is unavailable, and goes on once there is room, having lost nothing that it took', async () => {
    const own = smallDisk(320 * MB);
    const lines: string[] = [];
    const mysql = await startMysql({
      dataDirectory: join(own.folder, 'mysql'),
      database: 'chat',
      // On this disk, and not the server that MYSQL_URL names.
      environment: {},
      log: (line) => lines.push(line),
    });
    const db = openMysql(async () => ({ ...mysql, tls: false }), {
      connections: 1,
      queryTimeoutMs: 10_000,
    });
    try {
      await sql`CREATE TABLE items (id INT PRIMARY KEY, text LONGTEXT) ENGINE=InnoDB`.execute(db);
      const insert = async (id: number): Promise<void> => {
        await sql`INSERT INTO items VALUES (${id}, REPEAT('x', 500000))`.execute(db);
      };
      await insert(0);
      own.fill();
      let taken = 0;
      await assert.rejects(
        async () => {
          for (;;) {
            await insert(taken + 1);
            taken += 1;
          }
        },
        (error) => error instanceof StoreUnavailableError && error.store === 'mysql',
      );

      own.makeRoom();
      // MariaDB has ended by then, and is started again.
      const works = async (): Promise<boolean> =>
        insert(-1).then(
          () => true,
          (error: unknown) => {
            assert.ok(error instanceof StoreUnavailableError, String(error));
            return false;
          },
        );
      for (const deadline = Date.now() + 60_000; !(await works());) {
        assert.ok(Date.now() < deadline, lines.join('\n'));
        await new Promise((resolve) => void setTimeout(resolve, 100));
      }
      const { rows } = await sql<{ id: number }>`SELECT id FROM items`.execute(db);
      const kept = new Set(rows.map(({ id }) => id));
      for (let id = -1; id <= taken; id += 1) assert.ok(kept.has(id), `what was acknowledged: ${id}`);
    } finally {
      await db.destroy();
      await mysql.stop();
      own.remove();
    }
  });
});
