/** Searches in stores with more data than a test would send: many deleted messages, and 200,000 users. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Kysely } from 'kysely';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { MongoClient } from 'mongodb';
import { v7 as uuidv7 } from 'uuid';
import { messageCollection, openMongodb } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { createContentStore, type ContentStore } from '../../functions/messages/stores/contents.ts';
import { migrateMongodb } from '../../functions/migrations/mongodb.ts';
import { createChatStore } from '../../functions/chats/stores/chats.ts';
import { createParticipantStore } from '../../functions/chats/stores/participants.ts';
import { createMessageStore } from '../../functions/messages/stores/messages.ts';
import { createReactionStore } from '../../functions/reactions/stores/reactions.ts';
import { migrateMysql } from '../../functions/migrations/mysql.ts';
import { createPeopleStore, type PeopleStore } from '../../functions/users/stores/people-search.ts';
import type { Database } from '../../functions/platform/mysql/schema.ts';
import { createUserStore, type UserStore } from '../../functions/users/stores/users.ts';
import { searchMessages } from '../../functions/search/search-messages.ts';
import { queryWords, indexedWords } from '../../functions/text/words.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { startMysql, type LocalMysql } from '../../lib/local/stores/mysql.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-search-'));
/** A separate database, since others may use the server of `MONGODB_URL`. */
const DATABASE = 'chat_search_test';
const log = (): void => undefined;
const sent: { readonly sql: string; readonly parameters: readonly unknown[] }[] = [];
let mysql: LocalMysql;
let mongodb: LocalMongodb;
let db: Kysely<Database>;
let client: MongoClient;
let connection: Connection;
let contents: ContentStore;
let users: UserStore;
let people: PeopleStore;

before(async () => {
  mysql = await startMysql({ dataDirectory: join(folder, 'mysql'), database: 'chat', log });
  mongodb = await startMongodb({ dataDirectory: folder, log });
  db = openMysql(async () => ({ ...mysql, tls: false }), {
    connections: 2,
    queryTimeoutMs: 120_000,
    onQuery: ({ query }) => void sent.push(query),
  });
  const { host, port, user, password, database } = mysql;
  connection = await createConnection({ host, port, user, password, database, timezone: 'Z' });
  client = openMongodb(mongodb.url);
  const messages = messageCollection(client, DATABASE);
  await messages.drop();
  contents = createContentStore(async () => messages);
  users = createUserStore(() => db);
  people = createPeopleStore(() => db);
  await migrateMysql(db);
  await migrateMongodb(messages);
});

after(async () => {
  await connection.end();
  await client.close();
  await db.destroy();
  await mongodb.stop();
  await mysql.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = new Date('2026-01-01T00:00:00Z');
const newUser = async (username: string, fullName: string | null = null): Promise<number> => {
  const inserted = await users.insert({
    username,
    email: `${username}@example.org`,
    hashed_password: 'x',
    full_name: fullName,
    created_at: at,
  });
  assert.ok(typeof inserted === 'object');
  return inserted.id;
};

suite('a search in messages', () => {
  test('counts visible messages, however many deleted ones match', async () => {
    const userId = await newUser('searcher');
    const chat = await db
      .insertInto('chats')
      .values({
        name: 'x',
        chat_type: 'group',
        direct_key: null,
        created_at: at,
        updated_at: at,
        last_seq: 1500,
      })
      .executeTakeFirstOrThrow();
    const chatId = Number(chat.insertId);
    await db
      .insertInto('chat_participants')
      .values({ chat_id: chatId, user_id: userId, joined_at: at, hidden_at_seq: null })
      .execute();
    const messages = Array.from({ length: 1500 }, (_, index) => ({
      chat_id: chatId,
      sender_id: userId,
      message_id: uuidv7(),
      seq: index + 1,
      // The oldest three are visible; that the words of the others left the index did not come off.
      is_deleted: index >= 3,
    }));
    await db
      .insertInto('message_metadata')
      .values(
        messages.map((message) => ({
          ...message,
          rev: message.seq,
          client_message_id: null,
          timestamp: at,
          edited_at: null,
          deleted_at: null,
          edit_id: null,
        })),
      )
      .execute();
    await messageCollection(client, DATABASE).insertMany(
      messages.map(({ chat_id, sender_id, message_id, seq }) => ({
        chat_id,
        sender_id,
        message_id,
        content: `needle ${seq}`,
        words: indexedWords(`needle ${seq}`),
        timestamp: new Date(at.getTime() + seq),
        edited_at: null,
      })),
    );
    const effects = {
      chats: createChatStore(() => db),
      participants: createParticipantStore(() => db),
      messages: createMessageStore(() => db),
      contents,
      reactions: createReactionStore(() => db, 20),
      files: { findMany: async () => new Map() },
    };
    const ada = { userId, username: 'searcher', sessionId: 's', tokenExpiresAt: 1e10 };
    const search = (page: number) => searchMessages(ada, { q: 'NEEDLE', page, limit: 2 }, effects);
    const [first, second, third] = [await search(1), await search(2), await search(3)];
    assert.deepEqual([first.total, first.pages], [3, 2]);
    assert.deepEqual(
      [first, second, third].map(({ items }) => items.map(({ content }) => content)),
      [['needle 3', 'needle 2'], ['needle 1'], []],
    );
  });

  test('finds what the last change says, in whatever order the changes are settled', async () => {
    const key = { chat_id: 99, message_id: uuidv7() };
    const isFound = async (question: string): Promise<boolean> =>
      (await contents.search({ chatIds: [99], words: queryWords(question), limit: 10 })).length === 1;
    await contents.insert({ ...key, sender_id: 1, content: 'first', timestamp: at });
    const edit = { edit_id: uuidv7(), content: 'second' };
    await contents.stageEdit({ ...key, sender_id: 1, timestamp: at }, edit);
    // The deletion of rev 6 is settled before the edit of rev 5.
    await contents.hide(key, 6);
    await contents.settleEdit(key, { ...edit, rev: 5, at });
    assert.deepEqual([await isFound('first'), await isFound('second')], [false, false]);
    assert.equal(
      (await contents.findMany([{ ...key, edit_id: null }])).get(key.message_id)?.content,
      'second',
    );
    // Restored; the settling of the deletion comes late, and once more.
    await contents.show(key, { content: 'second', rev: 6 });
    await contents.hide(key, 6);
    assert.equal(await isFound('second'), true);
    await contents.hide(key, 8);
    assert.equal(await isFound('second'), false);
  });

  test('is edited and found after MySQL was restored to a moment before its last changes', async () => {
    const key = { chat_id: 95, sender_id: 1, timestamp: at };
    const isFound = async (question: string, id: string): Promise<boolean> =>
      (await contents.search({ chatIds: [95], words: queryWords(question), limit: 10 })).some(
        ({ message_id: found }) => found === id,
      );
    const [edited, deleted] = [uuidv7(), uuidv7()];
    for (const id of [edited, deleted]) {
      await contents.insert({ ...key, message_id: id, content: `first ${id}` });
    }
    const edit = async (id: string, content: string, rev: number): Promise<void> => {
      const staged = { edit_id: uuidv7(), content };
      await contents.stageEdit({ ...key, message_id: id }, staged);
      await contents.settleEdit({ ...key, message_id: id }, { ...staged, rev, at });
    };
    await edit(edited, 'lost', 20);
    await contents.hide({ ...key, message_id: deleted }, 21);

    // The commands of "Restoring from a backup" (lib/docs/operating.md).
    const messages = client.db(DATABASE).collection('messages');
    await messages.updateMany({ words: [], words_rev: { $exists: true } }, { $unset: { words: '' } });
    await messages.updateMany({}, { $unset: { content_rev: '', words_rev: '' } });

    await edit(edited, 'second', 11);
    const found = await contents.findMany([{ ...key, message_id: edited, edit_id: null }]);
    assert.deepEqual(found.get(edited), { content: 'second', rev: 11 });
    assert.deepEqual([await isFound('second', edited), await isFound('lost', edited)], [true, false]);
    await contents.indexMadeBetween(new Date(0), new Date(Date.now() + 1000), 10_000);
    assert.ok(await isFound('first', deleted));
    await contents.hide({ ...key, message_id: deleted }, 12);
    assert.ok(!(await isFound('first', deleted)));
  });

  test('takes an edit of a message whose content is missing', async () => {
    const message = { chat_id: 94, sender_id: 1, message_id: uuidv7(), timestamp: at };
    const edit = { edit_id: uuidv7(), content: 'healed' };
    const textOf = async (editId: string | null) =>
      (await contents.findMany([{ ...message, edit_id: editId }])).get(message.message_id)?.content;
    assert.equal(await textOf(null), undefined);
    await contents.stageEdit(message, edit);
    assert.deepEqual([await textOf(null), await textOf(edit.edit_id)], ['', 'healed']);
    await contents.settleEdit(message, { ...edit, rev: 2, at });
    assert.equal(await textOf(null), 'healed');
    const hits = await contents.search({ chatIds: [94], words: ['healed'], limit: 10 });
    assert.deepEqual(hits, [{ chat_id: 94, message_id: message.message_id }]);
  });

  suite('beside which edits are staged', () => {
    const CHAT = 97;
    /** Which of these words find the message. */
    const foundBy = async (key: { message_id: string }, words: string): Promise<string> => {
      const found = await Promise.all(
        words.split(' ').map(async (word) => {
          const hits = await contents.search({ chatIds: [CHAT], words: [word], limit: 10 });
          return hits.some(({ message_id: id }) => id === key.message_id) ? [word] : [];
        }),
      );
      return found.flat().join(' ');
    };
    const newContent = async (content: string) => {
      const key = { chat_id: CHAT, message_id: uuidv7() };
      await contents.insert({ ...key, sender_id: 1, content, timestamp: at });
      return key;
    };
    const stage = async (key: { chat_id: number; message_id: string }, content: string) => {
      const edit = { edit_id: uuidv7(), content };
      await contents.stageEdit({ ...key, sender_id: 1, timestamp: at }, edit);
      return edit;
    };
    const textOf = async (key: { chat_id: number; message_id: string }): Promise<string | undefined> =>
      (await contents.findMany([{ ...key, edit_id: null }])).get(key.message_id)?.content;

    test('is found by the words of all of them, and by those of the last one once it is settled', async () => {
      const key = await newContent('one shared');
      const two = await stage(key, 'two shared');
      assert.equal(await foundBy(key, 'one two shared'), 'one two shared');
      assert.equal(await textOf(key), 'one shared');
      await contents.settleEdit(key, { ...two, rev: 2, at });
      assert.equal(await foundBy(key, 'one two shared'), 'two shared');
    });

    test('keeps the words of an edit while others are settled or discarded, in any order', async () => {
      const all = 'one two three';
      const early = await newContent('one');
      const [two, three] = [await stage(early, 'two'), await stage(early, 'three')];
      await contents.settleEdit(early, { ...two, rev: 2, at });
      assert.match(await foundBy(early, all), /two three/);
      assert.equal(await textOf(early), 'two');
      await contents.settleEdit(early, { ...three, rev: 3, at });
      assert.equal(await foundBy(early, all), 'three');

      const late = await newContent('one');
      const [second, third] = [await stage(late, 'two'), await stage(late, 'three')];
      await contents.settleEdit(late, { ...third, rev: 3, at });
      await contents.settleEdit(late, { ...second, rev: 2, at });
      assert.match(await foundBy(late, all), /three/);
      assert.equal(await textOf(late), 'three');

      const kept = await newContent('one');
      const [none, some] = [await stage(kept, 'two'), await stage(kept, 'three')];
      await contents.discardEdit(kept, none.edit_id, { content: 'one', rev: 1 });
      assert.match(await foundBy(kept, all), /one.*three/);
      await contents.settleEdit(kept, { ...some, rev: 2, at });
      assert.equal(await foundBy(kept, all), 'three');
    });

    test('has the words of the text in force alone once the last one is discarded', async () => {
      const key = await newContent('one');
      const two = await stage(key, 'two');
      await contents.discardEdit(key, two.edit_id, { content: 'one', rev: 1 });
      assert.equal(await foundBy(key, 'one two'), 'one');
      // A deletion of which the caller does not know.
      const three = await stage(key, 'three');
      await contents.hide(key, 4);
      await contents.discardEdit(key, three.edit_id, { content: 'one', rev: 3 });
      assert.equal(await foundBy(key, 'one three'), '');
    });

    test('is restored with the words of an edit that comes into force after that', async () => {
      const key = await newContent('one');
      const two = await stage(key, 'two');
      await contents.hide(key, 2);
      await contents.show(key, { content: 'one', rev: 2 });
      await contents.hide(key, 2);
      assert.equal(await foundBy(key, 'one two'), 'one two');
      await contents.settleEdit(key, { ...two, rev: 4, at });
      assert.equal(await foundBy(key, 'one two'), 'two');
    });

    test('is given to the job when one of them is older than asked for, without the younger ones', async () => {
      const key = await newContent('one');
      const old = { edit_id: uuidv7({ msecs: at.getTime() }), content: 'old' };
      await contents.stageEdit({ ...key, sender_id: 1, timestamp: at }, old);
      await stage(key, 'young');
      const left = async (before: Date) =>
        (await contents.listStaged(before, 10)).filter(({ message_id: id }) => id === key.message_id);
      assert.deepEqual(await left(at), []);
      assert.deepEqual(await left(new Date(at.getTime() + 1)), [{ ...key, edits: [old] }]);
      await contents.discardEdit(key, old.edit_id);
      assert.deepEqual(await left(new Date(at.getTime() + 1)), []);
    });
  });

  test('lists contents in batches whose moment may be gone on from, also within a millisecond', async () => {
    const made = new Date('2020-01-01T00:00:00Z');
    const end = new Date('2020-01-02T00:00:00Z');
    const ids = [0, 0, 0, 1, 1].map((later) => uuidv7({ msecs: made.getTime() + later })).toSorted();
    for (const id of ids) {
      await contents.insert({ chat_id: 96, message_id: id, sender_id: 1, content: 'x', timestamp: made });
    }
    const list = async (from: Date, size: number) => {
      const batches: [string[], Date][] = [];
      for await (const batch of contents.listMadeBetween(from, end, size)) {
        batches.push([batch.contents.map(({ message_id: id }) => id), batch.doneUntil]);
      }
      return batches;
    };
    const later = new Date(made.getTime() + 1);
    assert.deepEqual(await list(new Date(0), 2), [
      [ids.slice(0, 2), made],
      [ids.slice(2, 4), later],
      [ids.slice(4), end],
    ]);
    assert.deepEqual(await list(made, 5), [
      [ids, later],
      [[], end],
    ]);
    assert.deepEqual(await list(later, 5), [[ids.slice(3), end]]);
  });

  test('takes a content of any words', async () => {
    const long = { chat_id: 98, sender_id: 1, timestamp: at };
    const all = Array.from({ length: 10_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
    for (const content of [all, 'x'.repeat(10_000), '$where {"$gt":""}']) {
      await contents.insert({ ...long, message_id: uuidv7(), content });
    }
    const count = async (question: string): Promise<number> =>
      (await contents.search({ chatIds: [98], words: queryWords(question), limit: 10 })).length;
    assert.deepEqual([await count(all.slice(7000, 7003)), await count(`${all[0]}${all[2]}`)], [1, 0]);
    assert.deepEqual([await count('x'.repeat(200)), await count('where gt')], [1, 1]);
  });
});

/** The number of rows and index entries that this connection has read so far; reading the counters counts as well. */
const readSoFar = async (): Promise<number> => {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name = 'Handler_icp_attempts'`,
  );
  return rows.reduce((sum, row) => sum + Number(row['Value']), 0);
};

/** The number of rows and index entries that the server reads for the statements of a search. */
const readsOf = async (question: string, limit: number): Promise<number> => {
  sent.length = 0;
  await people.search(question, limit, 0);
  let reads = 0;
  for (const { sql: statement, parameters } of sent.splice(0)) {
    const looking = -(await readSoFar()) + (await readSoFar());
    const before = await readSoFar();
    await connection.query(statement, [...parameters]);
    reads += (await readSoFar()) - before - looking;
  }
  return reads;
};

suite('a search for people, of whom there are 200,000,', () => {
  test('reads a bounded number of rows, however many share a name', async () => {
    const numbers = `
      WITH RECURSIVE thousand (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM thousand WHERE n < 999)
      SELECT high.n * 1000 + low.n AS n FROM thousand AS high JOIN thousand AS low WHERE high.n < 200`;
    await connection.query('SET foreign_key_checks = 0, unique_checks = 0');
    await connection.query(`
      INSERT INTO users (id, username, email, hashed_password, full_name, is_active, created_at)
      SELECT 1000000 + n, CONCAT('member_', n), CONCAT('member_', n, '@x.org'), 'x', CONCAT('Maria Garcia ', n), 1, NOW()
      FROM (${numbers}) AS numbers`);
    // What `namePartsOf` makes of these, but for the numbers.
    await connection.query(`
      INSERT INTO user_name_parts (is_start, part, user_id)
      SELECT 1, CONCAT('maria garcia ', n), 1000000 + n FROM (${numbers}) AS numbers
      UNION ALL SELECT 1, CONCAT('member_', n), 1000000 + n FROM (${numbers}) AS numbers
      UNION ALL SELECT 0, CONCAT('garcia ', n), 1000000 + n FROM (${numbers}) AS numbers`);
    await connection.query('ANALYZE TABLE users, user_name_parts');
    const rare = await newUser('rare.person', 'Zoë Maria Özil');

    const bounds: Record<string, number> = {
      ma: 200,
      member_: 200,
      member_19999: 200,
      garcia: 1500,
      'maria garcia': 200,
      nobody: 50,
      'ozil maria': 3000,
      // Two words that all of them have, the other way round: as many as are looked at.
      'garcia maria': 70_000,
    };
    for (const [question, most] of Object.entries(bounds)) {
      const reads = await readsOf(question, 20);
      assert.ok(reads <= most, `${question}: ${reads} rows are read, and ${most} may be`);
    }
    assert.deepEqual(
      (await people.search('özil zoe', 20, 0)).map(({ id }) => id),
      [rare],
    );
    assert.deepEqual(
      (await people.search('member_19999', 20, 0)).map(({ username }) => username),
      ['member_19999', ...Array.from({ length: 10 }, (_, index) => `member_19999${index}`)],
    );
    assert.equal((await people.search('garcia maria', 20, 0)).length, 20);
    // What comes after the text is of no concern, be it beyond the basic plane.
    const butterfly = await newUser('papilio', 'Fête🦋 \u{10FFFD}');
    for (const question of ['fete', 'fête🦋', 'papilio fete']) {
      assert.deepEqual(
        (await people.search(question, 20, 0)).map(({ id }) => id),
        [butterfly],
      );
    }
  });
});
