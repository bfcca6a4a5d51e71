import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Kysely } from 'kysely';
import { openMysql } from '../../functions/platform/mysql.ts';
import { createChatRepository } from '../../functions/repositories/mysql/chats.ts';
import { createMessageRepository } from '../../functions/repositories/mysql/messages.ts';
import { migrateMysql } from '../../functions/repositories/mysql/migrate.ts';
import type { Database } from '../../functions/repositories/mysql/schema.ts';
import { createUserRepository } from '../../functions/repositories/mysql/users.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { startOwnMysql } from '../support/own-databases.ts';
import { newAccount } from '../support/people.ts';

// Through the interface, functions of one machine rarely meet in the same moment. Here they do: as many connections
// as there are contenders, on the real store.
const CONTENDERS = 12;
const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-races-'));
let server: LocalMysql;
let db: Kysely<Database>;
const chats = createChatRepository(() => db);
const messages = createMessageRepository(() => db);
const users = createUserRepository(() => db);

before(async () => {
  server = await startOwnMysql(dataDirectory);
  db = openMysql(async () => server, {
    connections: CONTENDERS,
    queryTimeoutMs: 60_000,
  });
  await migrateMysql(db);
});

after(async () => {
  await db.destroy();
  await server.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const newUserId = async (): Promise<number> => {
  const { username, email } = newAccount();
  const inserted = await users.insert({
    username,
    email,
    full_name: null,
    hashed_password: 'none',
    created_at: new Date(),
  });
  assert.ok(typeof inserted === 'object');
  return inserted.id;
};

const newUserIds = (count: number): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, newUserId));

const newGroupId = (creatorId: number, memberIds: readonly number[]): Promise<number> =>
  chats.insertGroup({ name: 'A group', creatorId, memberIds, at: new Date() });

/** Does it in the same moment, on a connection each. */
const together = <T>(act: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: CONTENDERS }, (_, index) => act(index)));

const adminsOf = async (chatId: number): Promise<number> => {
  const { count } = await db
    .selectFrom('chat_participants')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('chat_id', '=', chatId)
    .where('is_admin', '=', 1)
    .executeTakeFirstOrThrow();
  return count;
};

suite('in the same moment', () => {
  test('additions to a group stop at a hundred members', async () => {
    const [creator = 0, ...others] = await newUserIds(95 + CONTENDERS);
    const chatId = await newGroupId(creator, others.slice(0, 94));
    const late = others.slice(94);
    const results = await together((index) =>
      chats.addParticipants(chatId, creator, [late[index] ?? 0], new Date()),
    );
    const outcomes = results.map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'changed').length, 5);
    assert.equal(outcomes.filter((outcome) => outcome === 'group_full').length, CONTENDERS - 5);
    assert.equal((await chats.findMemberIds(chatId, creator))?.length, 100);
  });

  test('admins who all resign leave one', async () => {
    const ids = await newUserIds(CONTENDERS);
    const [creator = 0] = ids;
    const chatId = await newGroupId(creator, ids.slice(1));
    for (const id of ids) await chats.setAdmin(chatId, creator, id, true);
    const results = await together((index) =>
      chats.setAdmin(chatId, ids[index] ?? 0, ids[index] ?? 0, false),
    );
    assert.equal(results.filter(({ outcome }) => outcome === 'last_admin').length, 1);
    assert.equal(await adminsOf(chatId), 1);
  });

  test('members who all leave close the group, and it has an admin until then', async () => {
    const ids = await newUserIds(CONTENDERS + 1);
    const [creator = 0] = ids;
    const chatId = await newGroupId(creator, ids.slice(1));
    const left = await together((index) => chats.leave(chatId, ids[index] ?? 0));
    assert.ok(left.every((departure) => departure !== undefined));
    assert.equal(await adminsOf(chatId), 1);
    await chats.leave(chatId, ids.at(-1) ?? 0);
    assert.equal(await chats.findMemberIds(chatId, creator), undefined);
  });

  test('both sides open one direct chat', async () => {
    const [ada = 0, grace = 0] = await newUserIds(2);
    const opened = await together((index) =>
      chats.openDirect(
        index % 2 === 0
          ? { userId: ada, peerId: grace, at: new Date() }
          : { userId: grace, peerId: ada, at: new Date() },
      ),
    );
    assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
    assert.equal(opened.filter(({ created }) => created).length, 1);
    assert.deepEqual(
      (await chats.findMemberIds(opened[0]?.id ?? 0, ada))?.toSorted((a, b) => a - b),
      [ada, grace].toSorted((a, b) => a - b),
    );
  });

  test('messages get numbers without gaps, and one that is repeated gets one', async () => {
    const ids = await newUserIds(CONTENDERS);
    const [creator = 0] = ids;
    const chatId = await newGroupId(creator, ids.slice(1));
    const repeated = randomUUID();
    const append = (senderId: number, clientMessageId: string | null) =>
      messages.append({
        chat_id: chatId,
        sender_id: senderId,
        message_id: randomUUID(),
        client_message_id: clientMessageId,
        timestamp: new Date(),
      });
    for (let round = 0; round < 5; round += 1) await together((index) => append(ids[index] ?? 0, null));
    const repeats = await together(() => append(creator, repeated));
    assert.equal(repeats.filter(({ outcome }) => outcome === 'appended').length, 1);
    assert.equal(repeats.filter(({ outcome }) => outcome === 'duplicate').length, CONTENDERS - 1);
    const rows = await db
      .selectFrom('message_metadata')
      .select(['seq', 'rev'])
      .where('chat_id', '=', chatId)
      .orderBy('seq')
      .execute();
    const expected = Array.from({ length: 5 * CONTENDERS + 1 }, (_, index) => index + 1);
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      expected,
    );
    assert.deepEqual(
      rows.map(({ rev }) => rev),
      expected,
    );
  });
});
