import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { messageCollection, openMongodb, type MessageDocument } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { createContentStore } from '../../functions/messages/stores/contents.ts';
import { createJobPosition, createJobProgress } from '../../functions/platform/mysql/job-progress.ts';
import { repairNameParts } from '../../functions/users/stores/name-parts.ts';
import { createPeopleStore } from '../../functions/users/stores/people-search.ts';
import { indexTexts } from '../../functions/search/index-texts.ts';
import { queryWords } from '../../functions/text/words.ts';
import type { AppUser } from '../../functions/migrations/app-user.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { migrateMysql } from '../../functions/migrations/mysql.ts';
import { migrations } from '../../functions/migrations/mysql/index.ts';
import { migrateStores, type MigrationEffects } from '../../functions/migrations/migrate-stores.ts';
import { projectRoot } from '../../lib/constructs/build-cache.ts';
import type { LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { startOwnMongodb, startOwnMysql } from '../support/own-databases.ts';
import { startFlakyProxy } from '../support/flaky-proxy.ts';

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

/** Runs the migrations with separate connections, like another process. */
const migrate = async ({
  openMysql = open,
  appUser,
}: { readonly openMysql?: MigrationEffects['openMysql']; readonly appUser?: AppUser } = {}) => {
  const client = openMongodb(mongodb.url);
  const effects: MigrationEffects = {
    openMysql,
    mongodb: async () => messageCollection(client, mongodb.database),
    appUser: async () => (appUser === undefined ? undefined : { ...appUser, database: mysql.database }),
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

/** The TypeScript type in which the service reads and writes a column. */
const typeOf = (dataType: string): string => {
  if (dataType.endsWith('int')) return 'number';
  return /^(datetime|timestamp)$/.test(dataType) ? 'Date' : 'string';
};

test('the types of rows say of every table and column what the migrated database says', async () => {
  await migrate();
  const db = open();
  const { rows } = await sql<{ tab: string; col: string; type: string; nullable: string; preset: 0 | 1 }>`
    SELECT TABLE_NAME AS tab, COLUMN_NAME AS col, DATA_TYPE AS type, IS_NULLABLE AS nullable,
      IS_NULLABLE = 'YES' OR COLUMN_DEFAULT IS NOT NULL OR EXTRA LIKE '%auto_increment%' AS preset
    FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'kysely%'`.execute(db);
  await db.destroy();
  assert.ok(rows.length > 100);
  const union = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' | ') || 'never';
  const tables = Map.groupBy(rows, ({ tab }) => tab);
  const columns = (list: typeof rows): string =>
    list.map((row) => `${row.col}: ${typeOf(row.type)}${row.nullable === 'YES' ? ' | null' : ''}`).join('; ');
  const check = [
    `import type { Insertable, Selectable } from 'kysely';`,
    `import type { Database } from '${join(projectRoot, 'functions/platform/mysql/schema.ts')}';`,
    'type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;',
    'type Within<A, B> = [A] extends [B] ? true : false;',
    'type NullIn<Row> = { [Column in keyof Row]: null extends Row[Column] ? Column : never }[keyof Row];',
    'type Optional<Row> = { [Column in keyof Row]-?: {} extends Pick<Row, Column> ? Column : never }[keyof Row];',
    'const holds = <Claim extends true>(claim?: Claim): void => void claim;',
    `holds<Equal<keyof Database, ${union([...tables.keys()])}>>();`,
    ...[...tables].flatMap(([table, list]) => {
      const [read, written] = ['Selectable', 'Insertable'].map((use) => `${use}<Database['${table}']>`);
      const named = (filter: (row: (typeof list)[number]) => boolean): string =>
        union(list.filter(filter).map(({ col }) => col));
      return [
        `holds<Equal<keyof ${read}, ${named(() => true)}>>();`,
        `holds<Within<${read}, { ${columns(list)} }>>();`,
        `holds<Equal<NullIn<${read}>, ${named(({ nullable }) => nullable === 'YES')}>>();`,
        `holds<Within<Optional<${written}>, ${named(({ preset }) => preset === 1)}>>();`,
      ];
    }),
    // A claim that is wrong must not compile, or the rest would prove nothing.
    '// @ts-expect-error',
    `holds<Equal<keyof Selectable<Database['users']>, 'id'>>();`,
  ];
  const directory = mkdtempSync(join(projectRoot, '.build', 'row-types-'));
  try {
    writeFileSync(join(directory, 'check.ts'), `${check.join('\n')}\n`);
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ extends: join(projectRoot, 'tsconfig.json'), files: ['check.ts'], include: [] }),
    );
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', directory]);
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    const wrong = [...(stdout ?? '').matchAll(/check\.ts\((\d+),/g)].map(
      ([, line]) => check[Number(line) - 1],
    );
    assert.fail([stdout ?? String(error), ...wrong].join('\n'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a change of a table that waits for a transaction lets others go on, and is made when it has ended', async () => {
  await migrate();
  const owner = openMysql(async () => mysql, {
    connections: 3,
    queryTimeoutMs: 60_000,
    lockWaitSeconds: 1,
  });
  const requests = openMysql(async () => mysql, { connections: 1 });
  const changing = {
    ...migrations,
    '9999-motto': {
      up: async (db: typeof owner) => {
        await sql`ALTER TABLE users ADD COLUMN motto VARCHAR(100) NULL`.execute(db);
      },
    },
  };
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const another = open();
  const transaction = another.transaction().execute(async (trx) => {
    await trx.selectFrom('users').select('id').execute();
    begin();
    await ended;
  });
  try {
    await begun;
    const migrating = migrateMysql(owner, changing);
    const isWaiting = async (): Promise<boolean> => {
      const { rows } = await sql<{ State: string | null }>`SHOW PROCESSLIST`.execute(owner);
      return rows.some(({ State }) => /metadata lock/.test(State ?? ''));
    };
    while (!(await isWaiting()));
    // It waits behind the change, and has QUERY_TIMEOUT_MS like every request.
    await requests.selectFrom('users').select('id').execute();
    end();
    assert.deepEqual(await migrating, ['9999-motto']);
    assert.deepEqual(await migrateMysql(owner, changing), []);
    await requests
      .selectFrom('users')
      .select(sql`motto`.as('motto'))
      .execute();
  } finally {
    end();
    await transaction;
    await sql`ALTER TABLE users DROP COLUMN motto`.execute(owner);
    await Promise.all([owner, requests, another].map((db) => db.destroy()));
  }
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

test('functions read and write rows and call routines, and can change nothing else', async (t) => {
  const owner = open();
  const { rows: grants } = await sql<Record<string, string>>`SHOW GRANTS`.execute(owner);
  await owner.destroy();
  if (!grants.flatMap(Object.values<string>).some((grant) => grant.includes('WITH GRANT OPTION'))) {
    t.skip('who logs in by MYSQL_URL may not pass rights on to a user of the functions');
    return;
  }
  const user = 'chat_app';
  const openAs = (password: string) =>
    openMysql(async () => ({ ...mysql, user, password }), { connections: 1 });
  await migrate({ appUser: { user, password: "the first, with 'quotes' and \\\\" } });
  const old = openAs("the first, with 'quotes' and \\\\");
  await old.selectFrom('users').select('id').execute();
  await old.destroy();

  // As after somebody put another password into the secret.
  await migrate({ appUser: { user, password: 'the second' } });
  const refused = openAs("the first, with 'quotes' and \\\\");
  await assert.rejects(refused.selectFrom('users').select('id').execute(), /Access denied/);
  await refused.destroy();

  const db = openAs('the second');
  try {
    const { rows: routines } = await sql<{ name: string; security: string }>`
      SELECT ROUTINE_NAME AS name, SECURITY_TYPE AS security FROM information_schema.ROUTINES
      WHERE ROUTINE_SCHEMA = DATABASE()`.execute(db);
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
      `DROP DATABASE \`${mysql.database}\``,
      "CREATE USER 'more'@'%'",
      `GRANT ALL ON \`${mysql.database}\`.* TO 'chat_app'@'%'`,
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

test('a migration waits for a MySQL that has to wake, where a request gives up', async () => {
  const proxy = await startFlakyProxy(mysql);
  const { port } = proxy;
  const address = async () => ({ ...mysql, port });
  const request = openMysql(address, { connections: 1 });
  try {
    proxy.setMode('hang');
    const migrating = migrate({ openMysql: (options) => openMysql(address, options) });
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

/** The id of a content that was stored at a given time. */
const idMadeAt = (time: number): string => uuidv7({ msecs: time });

test('contents that older code stored are found by their words after the migration, also by one that broke off', async () => {
  await migrate();
  const client = openMongodb(mongodb.url);
  const db = open();
  try {
    const messages = messageCollection(client, mongodb.database);
    const contents = createContentStore(async () => messages);
    const find = async (question: string): Promise<number> =>
      (await contents.search({ chatIds: [1], words: queryWords(question), limit: 10_000 })).length;
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
    const clock = () => new Date(Date.now() + (looks++ > 1 ? 60 * 60 * 1000 : 0));
    const stopped = await indexTexts({
      jobs: createJobProgress(() => db),
      contents,
      repairNameParts: (isOver) =>
        repairNameParts(
          db,
          createJobPosition(() => db),
          isOver,
        ),
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
    const users = createPeopleStore(() => db);
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
    assert.deepEqual(await users.search('gross', 10, 0), []);
    // Runs that end after their first 500 go on from there, and the last one goes around.
    await sql`DELETE FROM job_progress`.execute(db);
    const runOfOneBatch = async (): Promise<number> => {
      const { repaired, complete } = await repairNameParts(
        db,
        createJobPosition(() => db),
        () => true,
      );
      assert.equal(complete, false);
      return repaired;
    };
    const before = await db
      .selectFrom('users')
      .select(({ fn }) => fn.countAll<number>().as('users'))
      .where('username', 'not like', 'older%')
      .executeTakeFirstOrThrow();
    assert.deepEqual([await runOfOneBatch(), await runOfOneBatch()], [499 - before.users, 500]);
    assert.equal((await migrate()).texts.users, 100 + before.users);
    assert.deepEqual(
      (await users.search('GROSS', 10, 0)).map(({ username }) => username),
      ['older_7'],
    );
    assert.deepEqual(
      await users
        .search('older_8', 100, 0)
        .then((found) => found.some(({ username }) => username === 'older_8')),
      false,
    );
    // As older code changes a name, and deactivates an account.
    await db.updateTable('users').set({ full_name: 'Zoë Stein' }).where('username', '=', 'older_7').execute();
    await db.updateTable('users').set({ is_active: false }).where('username', '=', 'older_9').execute();
    assert.equal((await migrate()).texts.users, 2);
    assert.deepEqual(await users.search('gross', 10, 0), []);
    assert.equal((await users.search('stein', 10, 0)).length, 1);
    assert.equal((await migrate()).texts.users, 0);
  } finally {
    await db.destroy();
  }
});
