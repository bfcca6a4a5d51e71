import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Kysely } from 'kysely';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { openMysql } from '../../functions/platform/mysql.ts';
import { createChatRepository, type ChatRepository } from '../../functions/repositories/mysql/chats.ts';
import {
  createMessageRepository,
  type MessageRepository,
} from '../../functions/repositories/mysql/messages.ts';
import { migrateMysql } from '../../functions/repositories/mysql/migrate.ts';
import type { Database } from '../../functions/repositories/mysql/schema.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';

const USERS = 40;
const MESSAGES = 5000;
/** A chat with a long history among many short ones, all of one user's. */
const LONG = 1;
const CHATS = 60;
const ADA = 1;

interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

const folder = mkdtempSync(join(tmpdir(), 'chat-service-plans-'));
const sent: Statement[] = [];
let server: LocalMysql;
let db: Kysely<Database>;
let connection: Connection;
let messages: MessageRepository;
let chats: ChatRepository;

const fill = async (): Promise<void> => {
  const at = new Date('2026-01-01T00:00:00Z');
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  await db
    .insertInto('users')
    .values(
      upTo(USERS).map((id) => ({
        id,
        username: `user-${id}`,
        email: `user-${id}@example.org`,
        hashed_password: 'x',
        full_name: null,
        created_at: at,
        last_seen: null,
      })),
    )
    .execute();
  const lengthOf = (chatId: number): number => (chatId === LONG ? MESSAGES : 100);
  await db
    .insertInto('chats')
    .values(
      upTo(CHATS).map((id) => ({
        id,
        name: `Chat ${id}`,
        chat_type: 'group' as const,
        direct_key: null,
        created_at: at,
        updated_at: new Date(at.getTime() + id),
        last_seq: lengthOf(id),
        rev: lengthOf(id),
      })),
    )
    .execute();
  for (const chatId of upTo(CHATS)) {
    await db
      .insertInto('chat_participants')
      .values(
        upTo(chatId === LONG ? USERS : 5).map((userId) => ({
          chat_id: chatId,
          user_id: userId,
          joined_at: at,
          last_read_seq: lengthOf(chatId) - 10,
          hidden_at_seq: null,
        })),
      )
      .execute();
    for (let from = 1; from <= lengthOf(chatId); from += 1000) {
      await db
        .insertInto('message_metadata')
        .values(
          upTo(Math.min(1000, lengthOf(chatId) - from + 1)).map((index) => ({
            chat_id: chatId,
            sender_id: ((index * 7) % 5) + 1,
            message_id: randomUUID(),
            client_message_id: null,
            seq: from + index - 1,
            rev: from + index - 1,
            timestamp: at,
            // Some are deleted, the latest among them.
            is_deleted: index % 10 === 0,
            edited_at: null,
            deleted_at: null,
            edit_id: null,
          })),
        )
        .execute();
    }
  }
  await connection.query('ANALYZE TABLE users, chats, chat_participants, message_metadata');
};

before(async () => {
  server = await startMysql({
    dataDirectory: join(folder, 'mysql'),
    database: 'chat',
    log: () => undefined,
  });
  const { host, port, user, password, database } = server;
  db = openMysql(async () => ({ ...server, tls: false }), {
    connections: 2,
    queryTimeoutMs: 60_000,
    onQuery: ({ query }) => void sent.push(query),
  });
  connection = await createConnection({ host, port, user, password, database, timezone: 'Z' });
  messages = createMessageRepository(() => db);
  chats = createChatRepository(() => db);
  await migrateMysql(db);
  await fill();
});
after(async () => {
  await connection.end();
  await db.destroy();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a repository sends to MySQL for one request. */
const statementsOf = async (work: () => Promise<unknown>): Promise<readonly Statement[]> => {
  sent.length = 0;
  await work();
  assert.ok(sent.length > 0);
  return [...sent];
};

/** Tables, by the names that statements give them, whose length is that of a chat's history, or of all users. */
const long = new Set(['m', 'unread', 'latest', 'message_metadata', 'sender', 'users', 'u', 'peer']);

/** What is wrong with a plan: all rows of a long table are looked at, or of a history sorted. */
const faultsOf = async ({ sql, parameters }: Statement): Promise<string[]> => {
  const [rows] = await connection.query<RowDataPacket[]>(`EXPLAIN ${sql}`, [...parameters]);
  return rows
    .filter((row) => long.has(String(row['table'])))
    .filter((row) => {
      const isScan = row['type'] === 'ALL' || row['type'] === 'index';
      // Of a join the sorting stands at its first table.
      return isScan || /filesort|temporary|join buffer/i.test(String(row['Extra']));
    })
    .map((row) => `${row['table']}: ${row['type']} ${row['key']} ${row['rows']} ${row['Extra']}`);
};

/** What this connection has made the server read so far, rows and index entries; looking counts as well. */
const readSoFar = async (): Promise<number> => {
  const [rows] = await connection.query<RowDataPacket[]>(
    // MariaDB counts apart what its storage engine looks at and drops by itself.
    `SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name = 'Handler_icp_attempts'`,
  );
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
};

/** How many rows and index entries a statement makes the server read; of temporary tables, such as a page, too. */
const readsOf = async ({ sql, parameters }: Statement): Promise<number> => {
  const looking = -(await readSoFar()) + (await readSoFar());
  const before = await readSoFar();
  await connection.query(sql, [...parameters]);
  return (await readSoFar()) - before - looking;
};

interface Query {
  readonly run: () => Promise<unknown>;
  /** How many rows it may read: what it answers, a few times over. Whatever the chat's length. */
  readonly reads: number;
}

const PAGE = 20;
const queries: Readonly<Record<string, Query>> = {
  'the newest page': { run: () => messages.listPage(LONG, { limit: PAGE, offset: 0 }), reads: 8 * PAGE },
  // A page by number passes over those before it, on the index alone.
  'a page deep down': {
    run: () => messages.listPage(LONG, { limit: PAGE, offset: 4000 }),
    reads: 4000 + 8 * PAGE,
  },
  ...Object.fromEntries(
    [1, 30, MESSAGES / 2, MESSAGES + 1].flatMap((seq) => [
      [`before_seq ${seq}`, { run: () => messages.listBySeq(LONG, { before: seq }, PAGE), reads: 6 * PAGE }],
      [`after_seq ${seq}`, { run: () => messages.listBySeq(LONG, { after: seq }, PAGE), reads: 6 * PAGE }],
    ]),
  ),
  'how many there are': { run: () => messages.count(LONG, ADA), reads: MESSAGES + 10 },
  'one message': { run: () => messages.find(2500, ADA), reads: 10 },
  'changes of a chat, from the start': {
    run: () => messages.listChanges([{ chatId: LONG, rev: 0, limit: 200 }]),
    reads: 4 * 200,
  },
  'changes of many chats': {
    run: () =>
      messages.listChanges(
        Array.from({ length: CHATS }, (_, index) => ({
          chatId: index + 1,
          rev: index === 0 ? MESSAGES - 5 : 95,
          limit: 5,
        })),
      ),
    reads: CHATS * 5 * 6,
  },
  'the list of chats': {
    run: () => chats.list(ADA, { limit: PAGE, offset: 0 }),
    reads: CHATS * 6 + PAGE * 40,
  },
  'the long chat': { run: () => chats.find(LONG, ADA), reads: 120 },
  'chats that a client does not know': {
    run: () => chats.listOthers(ADA, [2, 3], PAGE),
    reads: CHATS * 6 + PAGE * 40,
  },
  'the long chat as others see it': {
    run: () => chats.findForUsers(LONG, [1, 2, 3, 4, 5]),
    reads: 500,
  },
  memberships: { run: () => chats.listMemberships(ADA), reads: CHATS * 4 },
  participants: { run: () => chats.listParticipants(LONG), reads: USERS * 6 },
};

suite('MySQL’s plan, and what it reads', () => {
  for (const [name, { run, reads }] of Object.entries(queries)) {
    test(name, async () => {
      for (const statement of await statementsOf(run)) {
        assert.deepEqual(await faultsOf(statement), [], statement.sql);
        const read = await readsOf(statement);
        assert.ok(read <= reads, `${read} rows are read, and ${reads} may be: ${statement.sql}`);
      }
    });
  }

  test('of moving a read mark', async () => {
    const [update, select] = await statementsOf(() => chats.markRead(LONG, ADA, MESSAGES - 5));
    assert.ok(update !== undefined && select !== undefined);
    assert.deepEqual(await faultsOf(update), []);
    assert.deepEqual(await faultsOf(select), []);
    assert.ok((await readsOf(select)) < 60);
  });

  test('of what a search found', async () => {
    const ids = await db.selectFrom('message_metadata').select('message_id').limit(2000).execute();
    const statements = await statementsOf(async () => {
      const visible = await messages.listVisibleIds(ids.map(({ message_id: messageId }) => messageId));
      await messages.findVisible(visible.slice(0, 100));
    });
    for (const statement of statements) {
      // Sorting what was found is no sorting of a chat.
      const faults = (await faultsOf(statement)).filter((fault) => !/range|eq_ref/.test(fault));
      assert.deepEqual(faults, []);
      assert.ok((await readsOf(statement)) < 900 * 4);
    }
  });

  test('is found wanting where it is', async () => {
    const wanting = [
      'SELECT * FROM message_metadata ORDER BY timestamp LIMIT 10',
      `SELECT * FROM message_metadata AS m WHERE chat_id = ${LONG} ORDER BY timestamp LIMIT 10`,
    ];
    for (const sql of wanting) {
      assert.equal((await faultsOf({ sql, parameters: [] })).length, 1, sql);
      assert.ok((await readsOf({ sql, parameters: [] })) > 1000);
    }
  });
});
