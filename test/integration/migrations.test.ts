import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { messageCollection, openMongodb, type MessageDocument } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { migrations } from '../../functions/repositories/mysql/migrations/index.ts';
import { migrateStores, type MigrationEffects } from '../../functions/services/migration.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';
import { startFlakyProxy } from '../support/flaky-proxy.ts';

const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-migrations-'));
const log = (): void => undefined;
let mysql: LocalMysql;
let mongodb: LocalMongodb;

before(async () => {
  mysql = await startMysql({ dataDirectory: join(dataDirectory, 'mysql'), database: 'chat', log });
  mongodb = await startMongodb({ dataDirectory, log, environment: { MONGODB_DOWNLOAD: 'off' } });
});

after(async () => {
  await mongodb.stop();
  await mysql.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const open = () =>
  openMysql(async () => ({ ...mysql, tls: false }), { connections: 2, queryTimeoutMs: 60_000 });

/** Migrates with connections of its own, as another process would. */
const migrate = async (openMysql: MigrationEffects['openMysql'] = open) => {
  const client = openMongodb(mongodb.url);
  const effects: MigrationEffects = {
    openMysql,
    mongodb: async () => messageCollection(client, 'chat'),
    searchKind: () => 'text',
  };
  try {
    return await migrateStores(effects);
  } finally {
    await client.close();
  }
};

test('two at once apply each migration once, and a third finds nothing to do', async () => {
  const [one, two] = await Promise.all([migrate(), migrate()]);
  assert.deepEqual([...one.mysql, ...two.mysql].toSorted(), Object.keys(migrations));
  assert.deepEqual(one.mongodb, two.mongodb);
  assert.deepEqual((await migrate()).mysql, []);
});

test('a migration that broke off half-way is completed by the next run', async () => {
  const db = open();
  try {
    // As it stands when the process died between the last migration's first and second change.
    await sql`DELETE FROM kysely_migration WHERE name >= '0003-jobs'`.execute(db);
    await sql`ALTER TABLE message_metadata DROP INDEX ix_message_metadata_deleted`.execute(db);
    const applied = Object.keys(migrations).filter((name) => name >= '0003-jobs');
    assert.deepEqual((await migrate()).mysql, applied);
    const { rows } = await sql`
      SHOW INDEX FROM message_metadata WHERE Key_name = 'ix_message_metadata_deleted'`.execute(db);
    assert.equal(rows.length, 1);
  } finally {
    await db.destroy();
  }
});

test('a migration waits for a MySQL that has to wake, where a request gives up', async () => {
  const proxy = await startFlakyProxy(mysql);
  const { port } = proxy;
  const address = async () => ({ ...mysql, port, tls: false });
  const request = openMysql(address, { connections: 1 });
  try {
    proxy.setMode('hang');
    const migrating = migrate((options) => openMysql(address, options));
    await assert.rejects(sql`SELECT 1`.execute(request), StoreUnavailableError);
    // The request's attempt is what wakes Aurora: connections that are opened from now on are answered.
    proxy.setMode('pass');
    assert.deepEqual((await migrating).mysql, []);
    await sql`SELECT 1`.execute(request);
  } finally {
    await request.destroy();
    await proxy.stop();
  }
});

test('code that comes back after a newer version leaves its schema alone', async () => {
  const db = open();
  try {
    await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-of-later', '2030-01-01')`.execute(
      db,
    );
    assert.deepEqual((await migrate()).mysql, []);
    await sql`DELETE FROM kysely_migration WHERE name = '9999-of-later'`.execute(db);
  } finally {
    await db.destroy();
  }
});

test('contents from before searches had words of their own get theirs, and the old index goes', async () => {
  await migrate();
  const client = openMongodb(mongodb.url);
  try {
    const messages = messageCollection(client, 'chat');
    const older = { chat_id: 1, sender_id: 1, timestamp: new Date(), edited_at: null };
    const documents = Array.from({ length: 501 }, (_, index) => ({
      ...older,
      message_id: `older-${index}`,
      content: `Déjà_vu 🦋${index}`,
    }));
    // As an earlier version stored them.
    await messages.insertMany(documents as unknown as MessageDocument[]);
    await messages.dropIndex('words_text');
    await messages.createIndex({ content: 'text' }, { name: 'content_text', default_language: 'none' });
    const names = (await migrate()).mongodb;
    assert.ok(names.includes('words_text'));
    assert.equal(await messages.countDocuments({ words: { $exists: false } }), 0);
    assert.equal((await messages.findOne({ message_id: 'older-7' }))?.words, 'deja vu 7');
    const existing = new Set((await messages.indexes()).map(({ name }) => name));
    assert.ok(existing.has('words_text') && !existing.has('content_text'));
  } finally {
    await client.close();
  }
});
