import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { messageCollection, openMongodb, type MessageDocument } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql.ts';
import type { AppUser } from '../../functions/repositories/mysql/app-user.ts';
import { migrations } from '../../functions/repositories/mysql/migrations/index.ts';
import { migrateStores, type MigrationEffects } from '../../functions/services/migration.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';

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
const migrate = async (appUser?: AppUser) => {
  const client = openMongodb(mongodb.url);
  const effects: MigrationEffects = {
    openMysql: open,
    mongodb: async () => messageCollection(client, 'chat'),
    searchKind: () => 'text',
    appUser: async () => (appUser === undefined ? undefined : { ...appUser, database: 'chat' }),
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

test('functions read and write rows and call routines, and can change nothing else', async () => {
  const user = 'chat_app';
  const openAs = (password: string) =>
    openMysql(async () => ({ ...mysql, user, password, tls: false }), { connections: 1 });
  await migrate({ user, password: "the first, with 'quotes' and \\\\" });
  const old = openAs("the first, with 'quotes' and \\\\");
  await old.selectFrom('users').select('id').execute();
  await old.destroy();

  // As after somebody put another password into the secret.
  await migrate({ user, password: 'the second' });
  const refused = openAs("the first, with 'quotes' and \\\\");
  await assert.rejects(refused.selectFrom('users').select('id').execute(), /Access denied/);
  await refused.destroy();

  const db = openAs('the second');
  try {
    const { rows: routines } = await sql<{ name: string; security: string }>`
      SELECT ROUTINE_NAME AS name, SECURITY_TYPE AS security FROM information_schema.ROUTINES
      WHERE ROUTINE_SCHEMA = 'chat'`.execute(db);
    assert.ok(routines.length > 0, 'it sees the routines that it may call');
    for (const { name, security } of routines) assert.equal(security, 'INVOKER', name);

    const statements = [
      'CREATE TABLE more (id INT)',
      'CREATE INDEX more ON users (created_at)',
      'ALTER TABLE users ADD COLUMN more INT',
      'DROP TABLE message_metadata',
      'TRUNCATE TABLE message_metadata',
      'CREATE TRIGGER more BEFORE INSERT ON users FOR EACH ROW SET NEW.full_name = NULL',
      'CREATE PROCEDURE more() SELECT 1',
      ...routines.map(({ name }) => `DROP PROCEDURE \`${name}\``),
      'CREATE VIEW more AS SELECT 1',
      'CREATE DATABASE more',
      'DROP DATABASE chat',
      "CREATE USER 'more'@'%'",
      "GRANT ALL ON chat.* TO 'chat_app'@'%'",
      'SELECT * FROM mysql.user',
      'SET GLOBAL max_connections = 1',
      "SELECT 1 INTO OUTFILE '/tmp/more'",
    ];
    for (const statement of statements) {
      await assert.rejects(
        sql.raw(statement).execute(db),
        (error: Error & { code?: string }) => /ACCESS_DENIED|SPECIFIC_ACCESS/.test(error.code ?? ''),
        statement,
      );
    }
  } finally {
    await db.destroy();
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
