import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { messageCollection, openMongodb, type MessageDocument } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql.ts';
import { createContentRepository } from '../../functions/repositories/mongodb/contents.ts';
import { createJobRepository } from '../../functions/repositories/mysql/jobs.ts';
import { repairNameParts } from '../../functions/repositories/mysql/name-parts.ts';
import { createPeopleRepository } from '../../functions/repositories/mysql/people-search.ts';
import { indexTexts } from '../../functions/services/index-texts.ts';
import { askedWords } from '../../functions/text/words.ts';
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
const migrate = async () => {
  const client = openMongodb(mongodb.url);
  const effects: MigrationEffects = {
    openMysql: open,
    mongodb: async () => messageCollection(client, 'chat'),
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

/** The id of a content that was stored then. */
const idMadeAt = (time: number): string => uuidv7({ msecs: time });

test('contents that older code stored are found by their words after the migration, also by one that broke off', async () => {
  await migrate();
  const client = openMongodb(mongodb.url);
  const db = open();
  try {
    const messages = messageCollection(client, 'chat');
    const contents = createContentRepository(async () => messages);
    const find = async (question: string): Promise<number> =>
      (await contents.search({ chatIds: [1], words: askedWords(question), limit: 10_000 })).length;
    const longAgo = Date.now() - 24 * 60 * 60 * 1000;
    const documents = Array.from({ length: 1201 }, (_, index) => ({
      chat_id: 1,
      sender_id: 1,
      timestamp: new Date(longAgo + index),
      edited_at: null,
      message_id: idMadeAt(longAgo + index),
      content: `Straße パンダ ${index % 2 === 0 ? '🦋' : 'мой'}`,
      // Words of the version before, and none at all of the one before that.
      ...(index % 3 === 0 ? {} : { words: index % 2 === 0 ? 'straße ハンタ' : 'straße ハンタ мои' }),
    }));
    // As earlier versions stored them, with their index.
    await messages.insertMany(documents as unknown as MessageDocument[]);
    await messages.createIndex({ words: 'text' }, { name: 'words_text', default_language: 'none' });
    assert.equal(await find('strasse'), 0);

    // It stops where its time is over, and the next one goes on from there.
    await sql`DELETE FROM job_progress`.execute(db);
    let looks = 0;
    const clock = () => new Date(Date.now() + (looks++ > 2 ? 60 * 60 * 1000 : 0));
    const stopped = await indexTexts({
      jobs: createJobRepository(() => db),
      contents,
      repairNameParts: (isOver) => repairNameParts(db, isOver),
      clock,
    });
    assert.deepEqual([stopped.complete, stopped.contents], [false, 500]);
    assert.deepEqual((await migrate()).texts, { contents: 701, users: 0, complete: true });
    assert.deepEqual((await migrate()).texts, { contents: 0, users: 0, complete: true });

    assert.equal(await find('STRASSE'), 1201);
    assert.equal(await find('ﾊﾟﾝﾀﾞ'), 1201);
    assert.equal(await find('ハンダ'), 0);
    assert.equal(await find('🦋'), 601);
    assert.equal(await find('мой'), 600);
    assert.equal(await find('мои'), 0);
    // What the code before, which may still serve, searches by is still there.
    assert.ok((await messages.indexes()).some(({ name }) => name === 'words_text'));
  } finally {
    await db.destroy();
    await client.close();
  }
});

test('people whom older code stored are found by their names after the migration', async () => {
  await migrate();
  const db = open();
  try {
    const users = createPeopleRepository(() => db);
    const at = new Date();
    await db
      .insertInto('users')
      .values(
        Array.from({ length: 1100 }, (_, index) => ({
          username: `older_${index}`,
          email: `older_${index}@example.org`,
          hashed_password: 'x',
          full_name: index === 7 ? 'Jürgen Groß' : null,
          is_active: index !== 8,
          created_at: at,
          last_seen: null,
        })),
      )
      .execute();
    assert.deepEqual(await users.search('gross', 10), []);
    assert.equal((await migrate()).texts.users, 1099);
    assert.deepEqual(
      (await users.search('GROSS', 10)).map(({ username }) => username),
      ['older_7'],
    );
    assert.deepEqual(
      await users
        .search('older_8', 100)
        .then((found) => found.some(({ username }) => username === 'older_8')),
      false,
    );
    // As older code changes a name, and deactivates an account.
    await db.updateTable('users').set({ full_name: 'Zoë Stein' }).where('username', '=', 'older_7').execute();
    await db.updateTable('users').set({ is_active: false }).where('username', '=', 'older_9').execute();
    assert.equal((await migrate()).texts.users, 2);
    assert.deepEqual(await users.search('gross', 10), []);
    assert.equal((await users.search('stein', 10)).length, 1);
    assert.equal((await migrate()).texts.users, 0);
  } finally {
    await db.destroy();
  }
});
