import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { messageCollection, openMongodb, type MessageDocument } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql.ts';
import { migrations } from '../../functions/repositories/mysql/migrations/index.ts';
import { migrateStores, type MigrationEffects } from '../../functions/services/migration.ts';
import type { LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { startOwnMongodb, startOwnMysql } from '../support/own-databases.ts';

const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-migrations-'));
let mysql: LocalMysql;
let mongodb: LocalMongodb;

before(async () => {
  mysql = await startOwnMysql(join(dataDirectory, 'mysql'));
  mongodb = await startOwnMongodb(dataDirectory);
});

after(async () => {
  await mongodb.stop();
  await mysql.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const open = () => openMysql(async () => mysql, { connections: 2, queryTimeoutMs: 60_000 });

/** Migrates with connections of its own, as another process would. */
const migrate = async () => {
  const client = openMongodb(mongodb.url);
  const effects: MigrationEffects = {
    openMysql: open,
    mongodb: async () => messageCollection(client, mongodb.database),
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

test('npm run migrate brings the databases that MYSQL_URL and MONGODB_URL name to the newest schema', async () => {
  const url = new URL(mongodb.url);
  url.pathname = '/elsewhere';
  const environment = { ...process.env, MYSQL_URL: mysqlUrlOf(mysql), MONGODB_URL: url.href };
  const data = join(dataDirectory, 'command');
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/migrate.ts', '--data', data], {
    env: environment,
  });
  assert.match(stdout, /MySQL was at the newest schema/);
  assert.match(stdout, /elsewhere/);
  const client = openMongodb(url.href);
  try {
    assert.ok((await messageCollection(client, 'elsewhere').indexes()).length > 1);
    await client.db('elsewhere').dropDatabase();
  } finally {
    await client.close();
  }
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
    const messages = messageCollection(client, mongodb.database);
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
