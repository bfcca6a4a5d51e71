import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { hash } from 'bcryptjs';
import { sql, type Kysely } from 'kysely';
import { inTransaction, openMysql } from '../../functions/platform/mysql/mysql.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import type { TokenPurpose } from '../../functions/email/account-tokens.ts';
import { createAccountTokenStore } from '../../functions/email/stores/account-tokens.ts';
import { stopTotp } from '../../functions/second-factor/stop-totp.ts';
import { createSecondFactorStore } from '../../functions/second-factor/stores/second-factors.ts';
import { blockFile } from '../../functions/files/block-file.ts';
import { createAttachmentStore } from '../../functions/files/stores/attachments.ts';
import type { Publication } from '../../functions/events/publish.ts';
import { createBlockStore } from '../../functions/blocks/store.ts';
import { createActStore } from '../../functions/moderation/stores/acts.ts';
import { createReportedStore } from '../../functions/moderation/stores/reported.ts';
import { createReportStore } from '../../functions/moderation/stores/reports.ts';
import { createPinStore } from '../../functions/pins/stores/pins.ts';
import { createReactionStore } from '../../functions/reactions/stores/reactions.ts';
import type { GroupChange } from '../../functions/chats/stores/locked-groups.ts';
import { createInviteStore } from '../../functions/invites/stores/invites.ts';
import { createMessageStore, type Mentions } from '../../functions/messages/stores/messages.ts';
import { toMessage } from '../../functions/messages/to-message.ts';
import { migrateMysql } from '../../functions/migrations/mysql.ts';
import type { Database } from '../../functions/platform/mysql/schema.ts';
import { updateOwnProfile } from '../../functions/users/update-own-profile.ts';
import { createUserStore } from '../../functions/users/stores/users.ts';
import { runWithDeadline } from '../../functions/platform/run-with-deadline.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { createChatStores } from '../support/chat-stores.ts';
import { fakeConnections } from '../support/fake-connections.ts';
import { startOwnMysql } from '../support/own-databases.ts';
import { newAccount } from '../support/people.ts';

// Through the API, functions on one machine rarely run at exactly the same time. Here they do: each contender uses its
// own connection to the real store.
const CONTENDERS = 12;
const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-races-'));
let server: LocalMysql;
/** Has the isolation level of the current suite. */
let db: Kysely<Database>;
const chats = createChatStores(() => db);
const messages = createMessageStore(() => db);
const reactions = createReactionStore(() => db, 3);
const pins = createPinStore(() => db, 5);
const invites = createInviteStore(() => db, 100);
const users = createUserStore(() => db);
const tokens = createAccountTokenStore(() => db);
const factors = createSecondFactorStore(() => db);
const blocks = createBlockStore(() => db, 1000);
const reported = createReportedStore(() => db);
const reports = createReportStore(() => db);
const acts = createActStore(() => db);
const attachments = createAttachmentStore(() => db);

const open = (settings?: readonly string[]): Kysely<Database> =>
  openMysql(async () => server, {
    connections: CONTENDERS,
    queryTimeoutMs: 60_000,
    ...(settings === undefined ? {} : { settings }),
  });

before(async () => {
  server = await startOwnMysql(dataDirectory);
  const migrating = open();
  await migrateMysql(migrating);
  await migrating.destroy();
});

after(async () => {
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

const newGroupId = async (creatorId: number, memberIds: readonly number[]): Promise<number> => {
  const made = await chats.insertGroup({ name: 'A group', creatorId, memberIds, at: new Date() });
  assert.ok(made.outcome === 'created', JSON.stringify(made));
  return made.id;
};

const append = (
  chatId: number,
  senderId: number,
  clientMessageId: string | null = null,
  {
    replyToId = null,
    mentions = { ids: [], all: false },
    attachmentIds = [],
  }: {
    readonly replyToId?: number | null;
    readonly mentions?: Mentions;
    readonly attachmentIds?: readonly string[];
  } = {},
) =>
  messages.append({
    chat_id: chatId,
    sender_id: senderId,
    message_id: randomUUID(),
    client_message_id: clientMessageId,
    reply_to_id: replyToId,
    mentions,
    attachment_ids: attachmentIds,
    timestamp: new Date(),
  });

const newMessageId = async (chatId: number, senderId: number): Promise<number> => {
  const appended = await append(chatId, senderId);
  assert.ok(appended.outcome === 'appended');
  return appended.message.id;
};

const revOf = async (chatId: number): Promise<number> => {
  const row = await db.selectFrom('chats').select('rev').where('id', '=', chatId).executeTakeFirstOrThrow();
  return row.rev;
};

/** Deletes an account as far as MySQL is concerned. */
const goAway = async (userId: number): Promise<void> => {
  await users.deactivate(userId);
  for (;;) {
    if (!(await chats.leaveGroups(userId, 50)).hasMore) return;
  }
};

/** Groups with a member whose account is deleted, or without an active admin. */
const spoiltGroups = async (chatIds: readonly number[]): Promise<object[]> => {
  const { rows } = await sql<object>`
    SELECT chats.id, SUM(NOT users.is_active) AS gone, SUM(seat.is_admin AND users.is_active) AS admins
    FROM chats
    JOIN chat_participants AS seat ON seat.chat_id = chats.id
    JOIN users ON users.id = seat.user_id
    WHERE chats.id IN (${sql.join(chatIds)}) AND chats.chat_type = 'group'
    GROUP BY chats.id
    HAVING gone > 0 OR admins = 0`.execute(db);
  return rows;
};

/** Runs an action concurrently, once per contender, each on its own connection. */
const together = <T>(act: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: CONTENDERS }, (_, index) => act(index)));

const ROUNDS = 40;

const adminsOf = async (chatId: number): Promise<number> => {
  const { count } = await db
    .selectFrom('chat_participants')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('chat_id', '=', chatId)
    .where('is_admin', '=', 1)
    .executeTakeFirstOrThrow();
  return count;
};

const REPEATABLE_READ = [
  "SET time_zone = '+00:00'",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

for (const [level, settings] of [
  ['READ COMMITTED', undefined],
  ['REPEATABLE READ', REPEATABLE_READ],
] as const) {
  suite(`in the same moment, under ${level}`, () => {
    before(() => {
      db = open(settings);
    });
    after(() => db.destroy());

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
      assert.equal((await chats.findPresenceAudience(chatId, creator))?.length, 100);
    });

    test('admins who all resign leave one', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      for (const id of ids) await chats.setRole(chatId, creator, id, 'at least admin');
      const results = await together((index) =>
        chats.setRole(chatId, ids[index] ?? 0, ids[index] ?? 0, 'member'),
      );
      assert.equal(results.filter(({ outcome }) => outcome === 'last_admin').length, 1);
      assert.equal(await adminsOf(chatId), 1);
    });

    test('an invitation lets in as many as it says, and a group is never more than full', async () => {
      const [creator = 0, ...guests] = await newUserIds(CONTENDERS + 1);
      const chatId = await newGroupId(creator, []);
      const at = new Date();
      const made = await invites.insert(chatId, creator, {
        code: randomUUID().slice(0, 22),
        maxUses: 3,
        expiresAt: new Date(at.getTime() + 60_000),
        at,
      });
      assert.ok(made.outcome === 'inserted');
      const invite = await invites.find(made.invite.code, creator, at);
      assert.ok(invite !== undefined);
      const join = (userId: number) =>
        chats.join(chatId, userId, at, {
          lockAndCheck: (transaction) => invites.lock(transaction, invite.id, at),
          countUse: (transaction) => invites.use(transaction, invite.id),
        });
      // Each of them twice at once, as a client does whose answer was lost.
      const results = await Promise.all(guests.flatMap((id) => [join(id), join(id)]));
      const came = results.filter(({ outcome }) => outcome === 'changed');
      assert.equal(came.length, 6);
      assert.ok(results.every(({ outcome }) => outcome === 'changed' || outcome === 'not_admitted'));
      assert.equal((await chats.findPresenceAudience(chatId, creator))?.length, 4);
      assert.equal((await invites.find(made.invite.code, creator, at))?.uses, 3);
    });

    test('nobody who is banned is inside, whoever adds them or lets them in at that moment', async () => {
      const [creator = 0, admin = 0, ...guests] = await newUserIds(12);
      const chatId = await newGroupId(creator, [admin]);
      await chats.setRole(chatId, creator, admin, 'admin');
      const at = new Date();
      const made = await invites.insert(chatId, creator, {
        code: randomUUID().slice(0, 22),
        maxUses: null,
        expiresAt: new Date(at.getTime() + 60_000),
        at,
      });
      assert.ok(made.outcome === 'inserted');
      const invite = await invites.find(made.invite.code, creator, at);
      assert.ok(invite !== undefined);
      await Promise.all(
        guests.flatMap((userId) => [
          chats.addParticipants(chatId, admin, [userId], at),
          chats.ban(chatId, creator, { userId, reason: null, until: null, at }),
          chats.join(chatId, userId, at, {
            lockAndCheck: (transaction) => invites.lock(transaction, invite.id, at),
            countUse: (transaction) => invites.use(transaction, invite.id),
          }),
        ]),
      );
      assert.deepEqual(new Set(await chats.findPresenceAudience(chatId, creator)), new Set([creator, admin]));
      assert.equal(await chats.count(chatId, at), guests.length);
    });

    test('nobody comes in by an invitation whose maker was put out', async () => {
      const [creator = 0, admin = 0, ...guests] = await newUserIds(CONTENDERS);
      const at = new Date();
      for (const putOut of [
        (chatId: number) => chats.ban(chatId, creator, { userId: admin, reason: null, until: null, at }),
        (chatId: number) => chats.removeParticipant(chatId, creator, admin),
        (chatId: number) => chats.setRole(chatId, creator, admin, 'member'),
      ]) {
        const chatId = await newGroupId(creator, [admin]);
        await chats.setRole(chatId, creator, admin, 'admin');
        const newInvite = () =>
          invites.insert(chatId, admin, {
            code: randomUUID().slice(0, 22),
            maxUses: null,
            expiresAt: new Date(at.getTime() + 60_000),
            at,
          });
        const made = await newInvite();
        assert.ok(made.outcome === 'inserted');
        const invite = await invites.find(made.invite.code, creator, at);
        assert.ok(invite !== undefined);
        const join = (userId: number) =>
          chats.join(chatId, userId, at, {
            lockAndCheck: (transaction) => invites.lock(transaction, invite.id, at),
            countUse: (transaction) => invites.use(transaction, invite.id),
          });
        const revOf = (change: GroupChange | { readonly outcome: 'not_admitted' }): number | undefined =>
          change.outcome === 'changed' ? (change.rev ?? undefined) : undefined;
        const [out, ...joined] = await Promise.all([putOut(chatId), ...guests.map(join), newInvite()]);
        const outRev = revOf(out) ?? assert.fail(JSON.stringify(out));
        // Whoever came in came in before.
        const came = joined.slice(0, -1) as Awaited<ReturnType<typeof join>>[];
        for (const change of came) {
          assert.ok(change.outcome === 'changed' || change.outcome === 'not_admitted', change.outcome);
          assert.ok((revOf(change) ?? 0) < outRev);
        }
        assert.equal(await invites.count(chatId, at), 0);
        const late = await join(await newUserId());
        assert.deepEqual(late, { outcome: 'not_admitted', why: 'invite_not_found' });
      }
    });

    test('a group that changes hands by many at once has one owner', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      await together<unknown>((index) =>
        index % 3 === 0
          ? chats.leave(chatId, ids[index] ?? 0)
          : chats.setRole(chatId, creator, ids[index] ?? 0, index % 3 === 1 ? 'owner' : 'admin'),
      );
      const { rows } = await sql<{ owners: number }>`
        SELECT COUNT(*) AS owners FROM chat_participants
        WHERE chat_id = ${chatId} AND role = 'owner' AND is_admin = 1`.execute(db);
      assert.equal(rows[0]?.owners, 1);
    });

    test('members who all leave close the group, and it has an admin until then', async () => {
      const ids = await newUserIds(CONTENDERS + 1);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      const left = await together((index) => chats.leave(chatId, ids[index] ?? 0));
      assert.ok(left.every((departure) => departure !== undefined));
      assert.equal(await adminsOf(chatId), 1);
      await chats.leave(chatId, ids.at(-1) ?? 0);
      assert.equal(await chats.findPresenceAudience(chatId, creator), undefined);
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
      const ids = new Set(opened.map((one) => ('id' in one ? one.id : 0)));
      assert.equal(ids.size, 1);
      assert.equal(opened.filter(({ outcome }) => outcome === 'created').length, 1);
      assert.deepEqual(
        (await chats.findPresenceAudience([...ids][0] ?? 0, ada))?.toSorted((a, b) => a - b),
        [ada, grace].toSorted((a, b) => a - b),
      );
    });

    test('messages get numbers without gaps, and one that is repeated gets one', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      const repeated = randomUUID();
      for (let round = 0; round < 5; round += 1) await together((index) => append(chatId, ids[index] ?? 0));
      const repeats = await together(() => append(chatId, creator, repeated));
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

    test('an edit never comes through on a deleted message, and one of several deletions and restorations does', async () => {
      const ada = await newUserId();
      const chatId = await newGroupId(ada, []);
      for (let round = 0; round < ROUNDS; round += 1) {
        const id = await newMessageId(chatId, ada);
        const before = await revOf(chatId);
        const edit = () =>
          messages.change(id, ada, {
            kind: 'edit',
            editId: randomUUID(),
            replaces: null,
            mentions: { ids: undefined, all: undefined },
            at: new Date(),
          });
        const remove = () => messages.change(id, ada, { kind: 'delete', at: new Date() });
        const edits = [edit(), edit()];
        const deletions = [remove(), remove()];
        const changes = await Promise.all([...edits, ...deletions]);
        const made = (await Promise.all(edits)).filter((result) => result.outcome === 'changed');
        assert.ok(made.length <= 1, 'both edits replaced the same text');
        for (const result of made) assert.equal(result.message.is_deleted, false);
        const deleted = (await Promise.all(deletions)).filter(({ outcome }) => outcome === 'changed');
        assert.equal(deleted.length, 1);
        const restored = await Promise.all(
          Array.from({ length: 3 }, () =>
            messages.change(id, ada, { kind: 'restore', deletedSince: new Date(0) }),
          ),
        );
        const all = [...changes, ...restored].filter((result) => result.outcome === 'changed');
        assert.equal(restored.filter(({ outcome }) => outcome === 'changed').length, 1);
        // Each took a rev of its own, and nothing else took one.
        assert.equal(await revOf(chatId), before + all.length);
        assert.equal(new Set(all.map(({ message }) => message.rev)).size, all.length);
      }
    });

    test('no reply comes to a message after its deletion', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      for (let round = 0; round < 5; round += 1) {
        const id = await newMessageId(chatId, creator);
        const deletion = messages.change(id, creator, { kind: 'delete', at: new Date() });
        const replies = await together((index) => append(chatId, ids[index] ?? 0, null, { replyToId: id }));
        const deleted = await deletion;
        assert.ok(deleted.outcome === 'changed');
        for (const reply of replies) {
          if (reply.outcome === 'reply_target_not_found') continue;
          assert.ok(reply.outcome === 'appended', reply.outcome);
          assert.ok(reply.message.rev < deleted.message.rev, 'it replies to a message that was deleted');
          assert.equal(reply.message.reply_target?.is_deleted, false);
        }
      }
    });

    test('a mention of somebody who leaves is stored or dropped, and fails no send', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [creator = 0, leaver = 0, ...others] = await newUserIds(CONTENDERS);
        const chatId = await newGroupId(creator, [leaver, ...others]);
        const mentions = { ids: [leaver, creator], all: round % 2 === 0 };
        const sent = Promise.all(others.map((id) => append(chatId, id, null, { mentions })));
        const left = await chats.leave(chatId, leaver);
        assert.ok(left?.hidden === false);
        for (const one of await sent) {
          assert.ok(one.outcome === 'appended', one.outcome);
          const isIn: boolean = one.message.rev < left.left.rev;
          assert.deepEqual(one.message.mentions, isIn ? [leaver, creator] : [creator]);
          assert.equal(one.message.mention_all, mentions.all);
        }
      }
    });

    test('of edits that change the mentions at once each takes a rev, and the last one holds', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      const id = await newMessageId(chatId, creator);
      const results = await together((index) =>
        messages.change(id, creator, {
          kind: 'edit',
          editId: null,
          replaces: null,
          mentions: { ids: [ids[index] ?? 0], all: undefined },
          at: new Date(),
        }),
      );
      const made = results.map((one) => (one.outcome === 'changed' ? one.message : assert.fail(one.outcome)));
      const last = made.toSorted((a, b) => a.rev - b.rev).at(-1);
      assert.equal(last?.rev, 1 + CONTENDERS);
      const found = (await messages.find(id, creator))?.message;
      assert.deepEqual(found?.mentions, last?.mentions);
      assert.equal(found?.is_edited, false);
    });

    test('fifty people react: a count of fifty, and a rev each', async () => {
      const ids = await newUserIds(50);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      const id = await newMessageId(chatId, creator);
      const react = (kind: 'add' | 'remove') =>
        Promise.all(ids.map((userId) => reactions.react(id, userId, { kind, emoji: '👍', at: new Date() })));
      for (const [kind, first, left] of [
        ['add', 2, 50],
        ['remove', 52, 0],
      ] as const) {
        const told = (await react(kind)).map((one) =>
          one.outcome === 'changed' ? { rev: one.rev, count: one.count } : assert.fail(one.outcome),
        );
        assert.deepEqual(
          told.toSorted((a, b) => a.rev - b.rev),
          ids.map((_, index) => ({ rev: first + index, count: kind === 'add' ? index + 1 : 49 - index })),
        );
        const found = (await reactions.findMany([id], creator)).get(id) ?? [];
        assert.deepEqual(found, left === 0 ? [] : [{ emoji: '👍', count: left, me: true }]);
        const { rev, has_reactions: hasReactions } =
          (await messages.find(id, creator))?.message ?? assert.fail('The message is gone');
        assert.deepEqual([rev, hasReactions], [await revOf(chatId), left > 0]);
      }
    });

    test('one reaction that is repeated is one, and of many different ones no more come than there is room for', async () => {
      const ids = await newUserIds(CONTENDERS);
      const [creator = 0] = ids;
      const chatId = await newGroupId(creator, ids.slice(1));
      const id = await newMessageId(chatId, creator);
      const add = (userId: number, emoji: string) =>
        reactions.react(id, userId, { kind: 'add', emoji, at: new Date() });
      const repeats = (await together(() => add(creator, '👍'))).map(({ outcome }) => outcome);
      assert.equal(repeats.filter((outcome) => outcome === 'changed').length, 1);
      assert.equal(repeats.filter((outcome) => outcome === 'unchanged').length, CONTENDERS - 1);
      const others = await together((index) => add(ids[index] ?? 0, String.fromCodePoint(0x1f600 + index)));
      const outcomes = others.map(({ outcome }) => outcome);
      assert.equal(outcomes.filter((outcome) => outcome === 'changed').length, 2);
      assert.equal(outcomes.filter((outcome) => outcome === 'too_many').length, CONTENDERS - 2);
      assert.equal(await revOf(chatId), 4);
    });

    test('no reaction comes to a message after its deletion, and what it brings back was there', async () => {
      for (let round = 0; round < 5; round += 1) {
        const ids = await newUserIds(CONTENDERS);
        const [creator = 0] = ids;
        const chatId = await newGroupId(creator, ids.slice(1));
        const id = await newMessageId(chatId, creator);
        const deletedAt = new Date();
        let deletion = 0;
        const told = await together(async (index) => {
          if (index !== 5) {
            return reactions.react(id, ids[index] ?? 0, { kind: 'add', emoji: '👍', at: deletedAt });
          }
          const deleted = await messages.change(id, creator, { kind: 'delete', at: deletedAt });
          deletion = deleted.outcome === 'changed' ? deleted.message.rev : assert.fail(deleted.outcome);
          return undefined;
        });
        const added = told.flatMap((one) => (one?.outcome === 'changed' ? [one.rev] : []));
        const late = told.filter((one) => one?.outcome === 'deleted');
        assert.equal(added.length + late.length, CONTENDERS - 1);
        assert.ok(added.every((rev) => rev < deletion));
        await messages.change(id, creator, { kind: 'restore', deletedSince: new Date(0) });
        assert.equal((await reactions.findMany([id], 0)).get(id)?.[0]?.count ?? 0, added.length);
      }
    });

    test('no message comes after a block, and nobody is put into a chat with whom they block', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [ada = 0, grace = 0, lone = 0] = await newUserIds(3);
        const groupId = await newGroupId(lone, []);
        const made = await chats.openDirect({ userId: ada, peerId: grace, at: new Date() });
        const chatId = 'id' in made ? made.id : assert.fail(made.outcome);
        const key = `${Math.min(ada, lone)}:${Math.max(ada, lone)}`;
        /** How many messages the two have, whether the third has a direct chat with Ada, and who is in the group. */
        const state = async () => {
          const { rows } = await sql<{ messages: number; chats: number; members: number }>`
            SELECT (SELECT last_seq FROM chats WHERE id = ${chatId}) AS messages,
              (SELECT COUNT(*) FROM chats WHERE direct_key = ${key}) AS chats,
              (SELECT COUNT(*) FROM chat_participants WHERE chat_id = ${groupId}) AS members`.execute(db);
          return rows[0];
        };
        let answered: unknown;
        await together(async (index) => {
          if (index === 5) {
            await blocks.block(ada, grace, new Date());
            await blocks.block(ada, lone, new Date());
            answered = await state();
          } else if (index % 3 === 0) await append(chatId, index % 2 === 0 ? ada : grace);
          else if (index % 3 === 1) await chats.openDirect({ userId: lone, peerId: ada, at: new Date() });
          else await chats.addParticipants(groupId, lone, [ada], new Date());
        });
        assert.deepEqual(await state(), answered);
        assert.equal((await append(chatId, grace)).outcome, 'peer_unreachable');
      }
    });

    test('a block waits for those that it stops and that have begun', async () => {
      const [ada = 0, grace = 0] = await newUserIds(2);
      const made = await chats.openDirect({ userId: ada, peerId: grace, at: new Date() });
      const chatId = 'id' in made ? made.id : assert.fail(made.outcome);
      /** Whether a statement with this index is running, which it is as long as it waits for a lock. */
      const isRunning = async (index: string): Promise<boolean> => {
        const { rows } = await sql`
          SELECT 1 FROM information_schema.processlist
          WHERE id <> CONNECTION_ID() AND info LIKE ${`%FORCE INDEX (${index})%`}`.execute(db);
        return rows.length > 0;
      };
      for (const [index, lock] of [
        // A send in their chat, and an addition of one of them to a group.
        ['uq_chats_direct_key', sql`SELECT id FROM chats WHERE id = ${chatId} FOR UPDATE`],
        ['PRIMARY', sql`SELECT id FROM users WHERE id = ${grace} LOCK IN SHARE MODE`],
      ] as const) {
        const order: string[] = [];
        let blocked: Promise<unknown> | undefined;
        await inTransaction(db, async (transaction) => {
          await lock.execute(transaction);
          blocked = blocks.block(ada, grace, new Date()).finally(() => order.push('blocked'));
          while (order.length === 0 && !(await isRunning(index)));
          order.push('ended');
        });
        await blocked;
        assert.deepEqual(order, ['ended', 'blocked'], index);
      }
    });

    test('of moderators one resolves a report, and no restoration comes after the removal', async () => {
      for (let round = 0; round < 3; round += 1) {
        const [sender = 0, reporter = 0] = await newUserIds(2);
        const chatId = await newGroupId(sender, [reporter]);
        const id = await newMessageId(chatId, sender);
        const at = new Date();
        const found = await reported.find({ kind: 'message', id }, reporter);
        const { report } = await reports.insert({
          reporterId: reporter,
          target: { kind: 'message', id },
          reason: 'spam',
          comment: null,
          content: 'text',
          snapshot: found?.snapshot ?? assert.fail('it is there'),
          at,
        });
        const restore = () => messages.change(id, sender, { kind: 'restore', deletedSince: new Date(0) });
        const outcomes = await together(async (index) => {
          if (index % 3 === 0) return messages.change(id, sender, { kind: 'delete', at });
          if (index % 3 === 1) return restore();
          return acts.resolve(report.id, {
            moderatorId: index,
            at,
            note: null,
            action: 'delete_message',
            until: at,
            isForever: true,
          });
        });
        assert.equal(outcomes.filter(({ outcome }) => outcome === 'resolved').length, 1);
        assert.equal(outcomes.filter(({ outcome }) => outcome === 'resolved_before').length, 3);
        assert.equal((await restore()).outcome, 'removed');
        assert.equal((await reports.listActs({ id: report.id, user_id: null }, 10)).length, 1);
      }
    });

    test('a moderator’s reading of a report is recorded once a day, and is no act about it', async () => {
      const [reporterId = 0, userId = 0] = await newUserIds(2);
      const target = { kind: 'user', id: userId } as const;
      const found = await reported.find(target, reporterId);
      assert.ok(found !== undefined);
      const at = new Date();
      const { report } = await reports.insert({
        reporterId,
        target,
        reason: 'spam',
        comment: null,
        content: null,
        snapshot: found.snapshot,
        at,
      });
      const recorded = async (id: number) => {
        const { rows } = await sql<{ moderator_id: number; action: string; user_id: number | null }>`
          SELECT moderator_id, action, user_id FROM moderation_acts WHERE report_id = ${id}
          ORDER BY moderator_id`.execute(db);
        return rows;
      };
      const view = (id: number, moderatorId: number, days: number) =>
        acts.view(
          id,
          { moderatorId, at: new Date(at.getTime() + days * 86_400_000) },
          new Date(at.getTime() + (days - 1) * 86_400_000),
        );
      const viewed = (moderatorId: number) => ({
        moderator_id: moderatorId,
        action: 'view_report',
        user_id: null,
      });
      await together((index) => view(report.id, index % 2, 0));
      assert.deepEqual(await recorded(report.id), [viewed(0), viewed(1)]);
      await view(report.id, 0, 0.9);
      assert.equal((await recorded(report.id)).length, 2);
      await view(report.id, 0, 1);
      assert.deepEqual(await recorded(report.id), [viewed(0), viewed(0), viewed(1)]);
      assert.deepEqual(await reports.listActs({ id: report.id, user_id: userId }, 10), []);
      await view(report.id + 1_000_000, 0, 0);
      assert.deepEqual(await recorded(report.id + 1_000_000), []);
    });

    test('no more messages are pinned than a chat may have, each under a rev and at a time of its own', async () => {
      const [creator = 0, other = 0] = await newUserIds(2);
      const chatId = await newGroupId(creator, [other]);
      const ids: number[] = [];
      for (let index = 0; index < CONTENDERS; index += 1) ids.push(await newMessageId(chatId, other));
      const first = await revOf(chatId);
      const at = new Date();
      const told = await together((index) => pins.change(ids[index] ?? 0, creator, { kind: 'pin', at }));
      const pinned = told.flatMap((one) => (one.outcome === 'changed' ? [one.message] : []));
      assert.deepEqual(
        pinned.map(({ rev }) => rev).toSorted((a, b) => a - b),
        [1, 2, 3, 4, 5].map((step) => first + step),
      );
      assert.equal(told.filter(({ outcome }) => outcome === 'too_many').length, CONTENDERS - 5);
      // Of one moment, and yet in the order of `rev`.
      const byRev = pinned.toSorted((a, b) => b.rev - a.rev).map(({ id }) => id);
      const list = await pins.listPage(chatId, { limit: 20, offset: 0 });
      assert.deepEqual(
        list.map(({ id }) => id),
        byRev,
      );
      assert.equal(new Set(list.map(({ pinned_at: pinnedAt }) => pinnedAt?.getTime())).size, 5);
      const repeats = await together(() => pins.change(byRev[0] ?? 0, creator, { kind: 'unpin', at }));
      assert.equal(repeats.filter(({ outcome }) => outcome === 'changed').length, 1);
      assert.equal(repeats.filter(({ outcome }) => outcome === 'unchanged').length, CONTENDERS - 1);
      assert.equal(await pins.count(chatId, other), 4);
      assert.equal(await revOf(chatId), first + 6);
    });

    test('no pin comes to a message after its deletion, and none comes back with it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [creator = 0, other = 0] = await newUserIds(2);
        const chatId = await newGroupId(creator, [other]);
        const id = await newMessageId(chatId, creator);
        const at = new Date();
        let deletion = 0;
        const told = await together(async (index) => {
          if (index > 0) return pins.change(id, creator, { kind: index % 2 === 0 ? 'unpin' : 'pin', at });
          const deleted = await messages.change(id, creator, { kind: 'delete', at });
          if (deleted.outcome !== 'changed') return assert.fail(deleted.outcome);
          assert.equal(deleted.message.pinned_at, null);
          deletion = deleted.message.rev;
          return undefined;
        });
        for (const one of told) {
          if (one?.outcome === 'changed') assert.ok(one.message.rev < deletion);
        }
        assert.equal(await pins.count(chatId, creator), 0);
        await messages.change(id, creator, { kind: 'restore', deletedSince: new Date(0) });
        const { message } = (await messages.find(id, creator)) ?? assert.fail('The message is gone');
        assert.deepEqual([message.is_deleted, message.pinned_at, message.pinned_by], [false, null, null]);
      }
    });

    test('who has left, or is an admin no more, pins nothing after that', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [ada = 0, grace = 0] = await newUserIds(2);
        const chatId = await newGroupId(ada, [grace]);
        await chats.setRole(chatId, ada, grace, 'at least admin');
        const id = await newMessageId(chatId, ada);
        const at = new Date();
        const [, pinned] = await Promise.all([
          round % 2 === 0 ? chats.leave(chatId, grace) : chats.setRole(chatId, ada, grace, 'member'),
          pins.change(id, grace, { kind: 'pin', at }),
        ]);
        // A pin that was taken came first.
        if (pinned.outcome === 'changed') assert.equal(pinned.message.rev + 1, await revOf(chatId));
        else assert.equal(pinned.outcome, round % 2 === 0 ? 'not_participant' : 'not_admin');
        // What was pinned stays pinned, by whoever it was.
        const { message } = (await messages.find(id, ada)) ?? assert.fail('The message is gone');
        assert.equal(message.pinned_by, pinned.outcome === 'changed' ? grace : null);
      }
    });

    test('nobody who was removed or is an admin no more changes what is others’', async () => {
      const [ada = 0, grace = 0] = await newUserIds(2);
      for (let round = 0; round < 10; round += 1) {
        const chatId = await newGroupId(ada, [grace]);
        await chats.setRole(chatId, ada, grace, 'at least admin');
        const id = await newMessageId(chatId, ada);
        const [demotion, deletion] = await Promise.all([
          chats.setRole(chatId, ada, grace, 'member'),
          messages.change(id, grace, { kind: 'delete', at: new Date() }),
        ]);
        assert.equal(demotion.outcome, 'changed');
        assert.ok(deletion.outcome === 'changed' || deletion.outcome === 'not_allowed');
        const again = await messages.change(id, grace, { kind: 'restore', deletedSince: new Date(0) });
        assert.equal(again.outcome, 'not_allowed');
      }
    });

    test('marks and sends of one person do not wait for each other in a circle', async () => {
      const [ada = 0, grace = 0] = await newUserIds(2);
      const chatId = await newGroupId(ada, [grace]);
      for (let round = 0; round < ROUNDS; round += 1) {
        const [mark] = await Promise.all([
          chats.markRead(chatId, ada, 3 * round + 1),
          append(chatId, ada),
          append(chatId, grace),
          chats.markRead(chatId, ada, 3 * round + 2),
        ]);
        assert.ok(mark !== undefined);
      }
      const last = await chats.markRead(chatId, ada, 10_000);
      assert.deepEqual([last?.lastReadSeq, last?.unreadCount], [2 * ROUNDS, 0]);
      const again = await chats.markRead(chatId, ada, 1);
      assert.deepEqual([again?.moved, again?.memberIds], [false, []]);
    });

    test('no new group and no addition takes in an account that goes, or keeps one as its admin', async () => {
      const [owner = 0] = await newUserIds(1);
      const old = await newGroupId(owner, []);
      const chatIds = [old];
      for (let round = 0; round < ROUNDS; round += 1) {
        const [goer = 0, heir = 0, peer = 0] = await newUserIds(3);
        const handed = await newGroupId(goer, [heir, peer]);
        const make = (creatorId: number, memberIds: readonly number[]) =>
          chats.insertGroup({ name: 'A group', creatorId, memberIds, at: new Date() });
        const [asMember, asCreator, direct, addition] = await Promise.all([
          make(owner, [goer, peer]),
          make(goer, [peer]),
          chats.openDirect({ userId: peer, peerId: goer, at: new Date() }),
          chats.addParticipants(old, owner, [goer], new Date()),
          chats.setRole(handed, goer, heir, 'at least admin'),
          goAway(goer),
          // The heir goes as well, in every other round.
          round % 2 === 0 ? goAway(heir) : undefined,
        ]);
        assert.ok(addition.outcome === 'changed' || addition.outcome === 'not_active');
        for (const made of [asMember, asCreator]) if (made.outcome === 'created') chatIds.push(made.id);
        chatIds.push(handed);
        // A direct chat of somebody gone is only one that was there before.
        const again = await chats.openDirect({ userId: peer, peerId: goer, at: new Date() });
        assert.equal(again.outcome, direct.outcome === 'not_active' ? 'not_active' : 'found');
      }
      assert.deepEqual(await spoiltGroups(chatIds), []);
    });

    test('many groups are left at once while others leave and join them', async () => {
      const [goer = 0, ada = 0, grace = 0, late = 0] = await newUserIds(4);
      const chatIds: number[] = [];
      for (let index = 0; index < 60; index += 1) chatIds.push(await newGroupId(goer, [ada, grace]));
      await Promise.all([
        goAway(goer),
        goAway(ada),
        ...chatIds.slice(0, 8).map((id) => chats.addParticipants(id, goer, [late], new Date())),
      ]);
      assert.deepEqual(await spoiltGroups(chatIds), []);
      for (const id of chatIds) assert.equal(await adminsOf(id), 1);
    });
  });
}

suite('what works once', () => {
  before(() => {
    db = open();
  });
  after(() => db.destroy());

  const contenders = Array.from({ length: CONTENDERS }, (_, index) => index);
  const now = new Date();
  const later = new Date(now.getTime() + 1000);
  let hashes = 0;
  const newHash = (): string => String((hashes += 1)).padStart(43, 'h');
  /** Stores a token for a new user. */
  const newToken = async (purpose: TokenPurpose) => {
    const userId = await newUserId();
    const { username, email } = (await users.findById(userId)) ?? { username: '', email: '' };
    const to = { userId, username, email };
    const hash = newHash();
    assert.ok(await tokens.put(to, { purpose, hash, expiresAt: later }));
    return { to, hash };
  };
  const passwordOf = (userId: number) => users.findPasswordHash(userId);

  test('a token that sets a password, for one of many, and all tokens are gone', async () => {
    const { to, hash } = await newToken('reset');
    await tokens.put(to, { purpose: 'verification', hash: newHash(), expiresAt: later });
    const results = await Promise.all(
      contenders.map((index) => tokens.resetPassword(hash, `password ${index}`, now)),
    );
    const won = contenders.filter((index) => results[index] === to.userId);
    assert.equal(won.length, 1);
    assert.equal(await passwordOf(to.userId), `password ${won[0]}`);
    const left = await db.selectFrom('account_tokens').selectAll().where('user_id', '=', to.userId).execute();
    assert.deepEqual(left, []);
    assert.equal((await users.findById(to.userId))?.email_verified, true);
  });

  test('a token that verifies an address, for one of many', async () => {
    const { hash } = await newToken('verification');
    const results = await Promise.all(contenders.map(() => tokens.verifyEmail(hash, now)));
    assert.equal(results.filter(Boolean).length, 1);
  });

  test('a token is good until it expires, for what it was made for, and until a newer one is', async () => {
    const { to, hash } = await newToken('reset');
    assert.equal(await tokens.resetPassword(hash, 'x', later), undefined);
    assert.equal(await tokens.verifyEmail(hash, now), false);
    const newer = newHash();
    assert.ok(await tokens.put(to, { purpose: 'reset', hash: newer, expiresAt: later }));
    assert.equal(await tokens.resetPassword(hash, 'x', now), undefined);
    assert.equal(await passwordOf(to.userId), 'none');
    assert.equal(await tokens.resetPassword(newer, 'x', now), to.userId);
  });

  test('no token of an address that is no longer the account’s is stored, or good', async () => {
    const { to, hash } = await newToken('reset');
    await db.updateTable('users').set({ email: newAccount().email }).where('id', '=', to.userId).execute();
    assert.equal(await tokens.put(to, { purpose: 'reset', hash: newHash(), expiresAt: later }), false);
    assert.equal(await tokens.resetPassword(hash, 'x', now), undefined);
    assert.equal(await passwordOf(to.userId), 'none');
  });

  test('of a token and a change of the password at once, one sets it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { to, hash } = await newToken('reset');
      const [changed, reset] = await Promise.all([
        users.setPasswordHash(to.userId, { from: 'none', to: 'changed' }),
        tokens.resetPassword(hash, 'set anew', now),
        tokens.put(to, { purpose: 'verification', hash: newHash(), expiresAt: later }),
      ]);
      assert.deepEqual([changed, reset !== undefined].filter(Boolean).length, 1);
      assert.equal(await passwordOf(to.userId), changed ? 'changed' : 'set anew');
    }
  });

  test('no token of one address verifies another, whatever happens at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { to, hash } = await newToken('verification');
      const { email } = newAccount();
      const [updated, verified] = await Promise.all([
        users.update(to.userId, { email }),
        tokens.verifyEmail(hash, now),
        tokens.put(to, { purpose: 'verification', hash: newHash(), expiresAt: later }),
      ]);
      assert.deepEqual([updated, typeof verified], ['updated', 'boolean']);
      const user = await users.findById(to.userId);
      assert.deepEqual([user?.email, user?.email_verified], [email, false]);
    }
  });

  test('no second factor outlives a new password by the mail of an address that was never proven', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { to, hash } = await newToken('reset');
      const { userId } = to;
      await factors.begin(userId, 'sealed', 'none');
      const [, , reset] = await Promise.all([
        factors.begin(userId, 'another', 'none'),
        factors.confirm(userId, { secret: 'sealed', step: 5, at: now }, ['a', 'b']),
        tokens.resetPassword(hash, 'set anew', now),
      ]);
      assert.equal(reset, userId);
      assert.equal(await factors.find(userId), undefined);
      assert.equal(await factors.consumeRecoveryCode(userId, 'a'), false);
      assert.equal(await factors.begin(userId, 'another', 'none'), 'other_password');
      assert.equal(await factors.begin(userId, 'another', 'set anew'), 'begun');
    }
  });

  test('a second factor is confirmed, and a code of it used, by one of many', async () => {
    const userId = await newUserId();
    await Promise.all(contenders.map((index) => factors.begin(userId, `sealed ${index}`, 'none')));
    const { secret = '' } = (await factors.find(userId)) ?? {};
    assert.equal((await users.findById(userId))?.totp_enabled, false);
    const at = now;
    const confirmed = await Promise.all(
      contenders.map((index) =>
        factors.confirm(userId, { secret, step: 5, at }, [`${index} a`, `${index} b`]),
      ),
    );
    const won = contenders.find((index) => confirmed[index] === true);
    assert.equal(confirmed.filter(Boolean).length, 1);
    assert.equal(await factors.begin(userId, 'another', 'none'), 'confirmed_before');
    assert.equal((await users.findById(userId))?.totp_enabled, true);
    assert.equal(await factors.consumeStep(userId, secret, 5), false, 'it was used to confirm');
    for (const spend of [
      () => factors.consumeStep(userId, secret, 6),
      () => factors.consumeRecoveryCode(userId, `${won} a`),
    ]) {
      const results = await Promise.all(contenders.map(spend));
      assert.equal(results.filter(Boolean).length, 1);
    }
    const loser = won === 0 ? 1 : 0;
    assert.equal(await factors.consumeRecoveryCode(userId, `${loser} a`), false);
    assert.equal(await factors.consumeStep(userId, 'another', 7), false);
    await users.deactivate(userId);
    assert.equal(await factors.find(userId), undefined);
  });

  test('an address that needed no code, as it was the same, does not come back after it was changed', async () => {
    process.env['MODERATORS'] ??= '';
    const userId = await newUserId();
    const actor = { userId, username: 'ada', sessionId: 'one', tokenExpiresAt: 0 };
    const given = (await users.findById(userId))?.email ?? '';
    const { email: changed } = newAccount();
    const passwordHash = await hash('right', 4);
    assert.ok(await users.setPasswordHash(userId, { from: 'none', to: passwordHash }));
    const late = updateOwnProfile(
      actor,
      { email: given.toUpperCase(), password: 'right' },
      {
        ...fakeConnections({}).effects,
        users,
        withinPasswordLimit: (_, run) => run(),
        withinEmailChangeLimit: (_, change) => change(),
        assertCode: async (_actor, _code, isAsked) => {
          assert.equal(await isAsked(), false);
          await users.update(userId, { email: changed });
        },
      },
    );
    await assert.rejects(late, { code: 'invalid_totp' });
    assert.equal((await users.findById(userId))?.email, changed);
  });

  test('a second factor that is confirmed while it is taken back stays, as a code is needed by then', async () => {
    const userId = await newUserId();
    const actor = { userId, username: 'ada', sessionId: 'one', tokenExpiresAt: 0 };
    await factors.begin(userId, 'sealed', 'none');
    let reads = 0;
    const stopped = stopTotp(
      actor,
      { password: 'right', code: '' },
      {
        factors: {
          ...factors,
          find: async (id) => {
            const found = await factors.find(id);
            reads += 1;
            if (reads === 1) await factors.confirm(id, { secret: 'sealed', step: 5, at: now }, ['a', 'b']);
            return found;
          },
        },
        box: { seal: () => assert.fail(), open: () => assert.fail() },
        clock: () => now,
        withinCodeBudget: (_, check) => check(),
        withinTotpLimit: (_, run) => run(),
        withinPasswordLimit: (_, run) => run(),
        users: { findPasswordHash: () => hash('right', 4) },
      },
    );
    await assert.rejects(stopped, { code: 'invalid_totp' });
    assert.equal((await factors.find(userId))?.isConfirmed, true);
    assert.equal(await factors.consumeRecoveryCode(userId, 'a'), true);
    assert.equal(await factors.remove(userId, { secret: 'another', isConfirmed: true }), false);
    assert.equal(await factors.remove(userId, { secret: 'sealed', isConfirmed: true }), true);
    assert.equal(await factors.consumeRecoveryCode(userId, 'b'), false);
    assert.equal(await factors.find(userId), undefined);
  });
});

suite('beside the races', () => {
  before(() => {
    db = open();
  });
  after(() => db.destroy());

  test('who is in as many chats as a user may be is put into no other, and nothing is made', async () => {
    const few = createChatStores(() => db, { chatsPerUserMax: 4 });
    const [ada, grace, edsger, barbara] = (await newUserIds(4)) as [number, number, number, number];
    const at = new Date();
    const makeGroup = (creatorId: number, memberIds: readonly number[]) =>
      few.insertGroup({ name: 'A group', creatorId, memberIds, at });
    await makeGroup(ada, [grace]);
    await few.openDirect({ userId: edsger, peerId: ada, at });
    await makeGroup(ada, []);
    await makeGroup(ada, []);
    const chatsOfAll = async (): Promise<number> => {
      const { count } = await db
        .selectFrom('chats')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    };
    const before = await chatsOfAll();
    const made = await makeGroup(grace, []);
    assert.ok(made.outcome === 'created');
    const group = made.id;
    const refused = { name: 'TooManyChatsError', userIds: [ada], chatsMax: 4 };
    await assert.rejects(makeGroup(ada, [barbara]), refused);
    await assert.rejects(makeGroup(barbara, [grace, ada]), refused);
    await assert.rejects(few.openDirect({ userId: ada, peerId: barbara, at }), refused);
    await assert.rejects(few.openDirect({ userId: barbara, peerId: ada, at }), refused);
    await assert.rejects(few.addParticipants(group, grace, [barbara, ada], at), refused);
    assert.equal(await chatsOfAll(), before + 1);
    assert.deepEqual(await few.findPresenceAudience(group, grace), [grace]);
    // What is there is found again, and who leaves makes room.
    const { rows } = await few.list(ada, { limit: 4, offset: 0 });
    const direct = rows.find((row) => row.peer !== null);
    const again = await few.openDirect({ userId: ada, peerId: edsger, at });
    assert.deepEqual(again, { outcome: 'found', id: direct?.id });
    const own = rows.filter((row) => row.peer === null && row.participant_count === 1);
    assert.equal(own.length, 2);
    for (const { id } of own) await few.leave(id, ada);
    await few.addParticipants(group, grace, [ada], at);
    assert.deepEqual(new Set(await few.findPresenceAudience(group, grace)), new Set([ada, grace]));
  });

  test('others fill three quarters of the chats that a user may be in, and the rest is for the user alone', async () => {
    const few = createChatStores(() => db, { chatsPerUserMax: 8 });
    const [victim, stranger, friend] = (await newUserIds(3)) as [number, number, number];
    const at = new Date();
    const makeGroup = async (creatorId: number, memberIds: readonly number[]): Promise<number> => {
      const made = await few.insertGroup({ name: 'A group', creatorId, memberIds, at });
      assert.ok(made.outcome === 'created');
      return made.id;
    };
    const other = await makeGroup(friend, []);
    for (let count = 0; count < 6; count += 1) {
      await few.leave(await makeGroup(stranger, [victim]), stranger);
    }
    const refused = { name: 'TooManyChatsError', userIds: [victim], chatsMax: 8 };
    await assert.rejects(makeGroup(stranger, [victim]), refused);
    await assert.rejects(few.openDirect({ userId: stranger, peerId: victim, at }), refused);
    await assert.rejects(few.addParticipants(other, friend, [victim], at), refused);
    const opened = await few.openDirect({ userId: victim, peerId: friend, at });
    assert.equal(opened.outcome, 'created');
    const joined = await few.join(other, victim, at, {
      lockAndCheck: async () => undefined,
      countUse: async () => undefined,
    });
    assert.equal(joined.outcome, 'changed');
    await assert.rejects(makeGroup(victim, []), refused);
  });

  test('a user blocks so many others who are active, and no more', async () => {
    const few = createBlockStore(() => db, 2);
    const [ada = 0, ...others] = await newUserIds(5);
    const block = (index: number) => few.block(ada, others[index] ?? 0, new Date());
    const outcomes = [await block(0), await block(1), await block(2), await block(1)];
    assert.deepEqual(outcomes, ['blocked', 'blocked', 'too_many', 'unchanged']);
    await users.deactivate(others[0] ?? 0);
    assert.deepEqual([await block(2), await block(3)], ['blocked', 'too_many']);
  });

  test('the acts about a report are also those on its user by another, and none stands for a reading', async () => {
    const [one = 0, other = 0, userId = 0, moderatorId = 0] = await newUserIds(4);
    const target = { kind: 'user', id: userId } as const;
    const at = new Date();
    const report = async (reporterId: number): Promise<number> => {
      const { snapshot } = (await reported.find(target, reporterId)) ?? assert.fail('they are there');
      const about = { target, reason: 'spam', comment: null, content: null, snapshot } as const;
      return (await reports.insert({ ...about, reporterId, at })).report.id;
    };
    const [first, second] = [await report(one), await report(other)];
    const until = new Date(at.getTime() + 60_000);
    const resolution = { action: 'suspend_user', until, isForever: false } as const;
    await acts.resolve(first, { ...resolution, moderatorId, at, note: null });
    const listed = await reports.listActs({ id: second, user_id: userId }, 10);
    assert.deepEqual(
      listed.map(({ action, report_id: id }) => [action, id]),
      [['suspend_user', first]],
    );
    await acts.view(first, { moderatorId, at }, new Date(at.getTime() - 60_000));
    const views = await db
      .selectFrom('moderation_acts')
      .select('report_id')
      .where('action', '=', 'view_report')
      .where('moderator_id', '=', moderatorId)
      .execute();
    assert.deepEqual(views, [{ report_id: first }]);
  });

  test('last_seen moves forward only, whichever of many comes last, and not after the account has gone', async () => {
    const [id = 0] = await newUserIds(1);
    const times = Array.from(
      { length: CONTENDERS },
      (_, index) => new Date(1_700_000_000_000 + index * 1000),
    );
    await together((index) => users.touchLastSeen(id, times[index] ?? new Date(0)));
    assert.deepEqual((await users.findById(id))?.last_seen, times.at(-1));
    await users.touchLastSeen(id, new Date(0));
    assert.deepEqual((await users.findById(id))?.last_seen, times.at(-1));
    await users.deactivate(id);
    await users.touchLastSeen(id, new Date());
    assert.deepEqual((await users.findById(id))?.last_seen, times.at(-1));
  });

  test('a harmful file is told of by the run that is repeated, whichever step failed before', async () => {
    const [ada = 0, grace = 0] = (await newUserIds(2)).toSorted((a, b) => a - b);
    const chatId = await newGroupId(ada, [grace]);
    const { away, run, told, fileIn } = blocking(chatId, ada);
    const sent = await fileIn('a message');
    for (const step of ['remove', 'getMessage'] as const) {
      away.add(step);
      await assert.rejects(run(sent.key), StoreUnavailableError);
      away.clear();
    }
    const rev = await revOf(chatId);
    assert.deepEqual(
      [await run(sent.key), told],
      [{ outcome: 'blocked_before' }, [[sent.id, rev, [ada, grace]]]],
    );
    // An event that is repeated is the same event.
    assert.deepEqual(
      [await run(sent.key), told.length, told[1]],
      [{ outcome: 'blocked_before' }, 2, told[0]],
    );
    assert.equal(await revOf(chatId), rev);
    const unsent = await fileIn('no message');
    const deleted = await fileIn('a deleted message');
    for (const { key } of [unsent, deleted]) {
      assert.deepEqual(
        [await run(key), await run(key)],
        [{ outcome: 'blocked' }, { outcome: 'blocked_before' }],
      );
    }
    assert.equal(told.length, 2);
  });
});

/** Blocking the files of a chat, with object storage and messages that can be unavailable. */
const blocking = (chatId: number, senderId: number) => {
  const away = new Set<'remove' | 'getMessage'>();
  const told: [id: number, rev: number, to: readonly number[]][] = [];
  const step = (name: 'remove' | 'getMessage'): void => {
    if (away.has(name)) throw new StoreUnavailableError('s3', undefined);
  };
  const fileIn = async (place: 'a message' | 'a deleted message' | 'no message') => {
    const id = randomUUID();
    const now = new Date();
    await attachments.insert(
      {
        attachment_id: id,
        uploader_id: senderId,
        purpose: 'message',
        kind: 'file',
        file_name: 'x',
        content_type: 'text/plain',
        size: 1,
        created_at: now,
      },
      1000,
    );
    const checked = { kind: 'file', content_type: 'text/plain', size: 1 } as const;
    await attachments.makeReady(id, { ...checked, width: null, height: null, placeholder: null });
    if (place === 'no message') return { key: `f/${id}`, id: 0 };
    const appended = await append(chatId, senderId, null, { attachmentIds: [id] });
    assert.ok(appended.outcome === 'appended');
    const messageId = appended.message.id;
    if (place === 'a deleted message') {
      await messages.change(messageId, senderId, { kind: 'delete', at: now });
    }
    return { key: `f/${id}`, id: messageId };
  };
  const run = (key: string) =>
    blockFile(key, {
      attachments,
      storage: () => ({ remove: async () => step('remove') }),
      getMessage: async (userId, id) => {
        step('getMessage');
        const found = await messages.find(id, userId);
        assert.ok(found !== undefined);
        return toMessage(found.message, { texts: new Map() });
      },
      publish: async (events: readonly Publication[]) => {
        for (const one of events) {
          assert.ok('event' in one && one.event.type === 'message_updated');
          told.push([one.event.message.id, one.event.rev, one.to.toSorted((a, b) => a - b)]);
        }
      },
    });
  return { away, run, told, fileIn };
};

suite('a connection', () => {
  test('has the settings that the SQL relies on', async () => {
    db = open();
    try {
      // As many as there are: each of them is asked.
      const sessions = await together(async () => {
        const { rows } = await sql<Record<'zone' | 'mode' | 'id', string>>`
          SELECT @@session.time_zone AS zone, @@session.sql_mode AS mode, CONNECTION_ID() AS id, SLEEP(0.1)`.execute(
          db,
        );
        // Named differently by MySQL and MariaDB.
        const isolation = await sql<{ Value: string }>`
          SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')`.execute(
          db,
        );
        return { ...rows[0], levels: isolation.rows.map((row) => row.Value) };
      });
      for (const { zone, mode, levels } of sessions) {
        assert.equal(zone, '+00:00');
        assert.ok(levels.length > 0 && levels.every((level) => level === 'READ-COMMITTED'), String(levels));
        assert.deepEqual(mode?.split(',').toSorted(), [
          'ERROR_FOR_DIVISION_BY_ZERO',
          'NO_ENGINE_SUBSTITUTION',
          'NO_ZERO_DATE',
          'NO_ZERO_IN_DATE',
          'ONLY_FULL_GROUP_BY',
          'STRICT_ALL_TABLES',
        ]);
      }
    } finally {
      await db.destroy();
    }
  });

  test('whose settings are refused serves no query', async () => {
    db = open(["SET time_zone = '+00:00'", 'SET no_such_variable = 1']);
    try {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await assert.rejects(
          sql`SELECT 1`.execute(db),
          /MySQL refused a session setting: SET no_such_variable = 1/,
        );
      }
      // More than there are connections: none of them was kept.
      await assert.rejects(
        Promise.all(Array.from({ length: 2 * CONTENDERS }, () => users.findById(1))),
        /MySQL refused a session setting/,
      );
    } finally {
      await db.destroy();
    }
  });
});

suite('a server that cannot do now what it is asked', () => {
  test('is away, and its connection is not used again', async () => {
    const own = openMysql(async () => server, { connections: 1, queryTimeoutMs: 60_000 });
    const connectionId = async (): Promise<number | undefined> =>
      (await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(own)).rows[0]?.id;
    try {
      await sql`
        CREATE PROCEDURE fail_with(IN p_errno INT) SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = p_errno`.execute(
        own,
      );
      // Read-only after a failover (two), too many connections, RDS Proxy that has none; then what is another's fault.
      for (const errno of [1290, 1836, 1203, 9501]) {
        const before = await connectionId();
        await assert.rejects(sql`CALL fail_with(${errno})`.execute(own), StoreUnavailableError, `${errno}`);
        assert.notEqual(await connectionId(), before, `${errno}`);
      }
      const before = await connectionId();
      await assert.rejects(sql`CALL fail_with(1406)`.execute(own), { errno: 1406 });
      assert.equal(await connectionId(), before);
    } finally {
      await sql`DROP PROCEDURE IF EXISTS fail_with`.execute(own);
      await own.destroy();
    }
  });
});

suite('what InnoDB ends to resolve a deadlock', () => {
  before(async () => {
    db = open();
    await sql`CREATE TABLE attempts (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY)`.execute(db);
    await sql`
      CREATE PROCEDURE fail_until(IN p_attempts INT, IN p_errno INT)
      BEGIN
        INSERT INTO attempts VALUES ();
        IF (SELECT COUNT(*) FROM attempts) < p_attempts THEN
          SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = p_errno;
        END IF;
      END`.execute(db);
  });
  after(async () => {
    await sql`DROP PROCEDURE fail_until`.execute(db);
    await sql`DROP TABLE attempts`.execute(db);
    await db.destroy();
  });

  const attempts = async (work: () => Promise<unknown>): Promise<number> => {
    await sql`TRUNCATE attempts`.execute(db);
    await work();
    const { rows } = await sql`SELECT * FROM attempts`.execute(db);
    return rows.length;
  };

  test('is made again: a routine, and a statement of its own', async () => {
    for (const errno of [1205, 1213]) {
      assert.equal(await attempts(() => sql`CALL fail_until(3, ${errno})`.execute(db)), 3);
    }
    assert.equal(
      await attempts(() =>
        assert.rejects(
          sql`CALL fail_until(3, 1644)`.execute(db),
          (error) => !(error instanceof StoreUnavailableError),
        ),
      ),
      1,
    );
  });

  test('is made again as a whole where it is of several statements, and not a statement of it', async () => {
    let runs = 0;
    const work = () =>
      inTransaction(db, async (transaction) => {
        runs += 1;
        await sql`INSERT INTO attempts VALUES ()`.execute(transaction);
        if (runs < 3) await sql`CALL fail_until(1000, 1213)`.execute(transaction);
      });
    // What failed was rolled back.
    assert.equal(await attempts(work), 1);
    assert.equal(runs, 3);
  });

  test('is a store that cannot be reached, when it never comes to its end', async () => {
    await assert.rejects(sql`CALL fail_until(1000, 1213)`.execute(db), StoreUnavailableError);
    await assert.rejects(
      inTransaction(db, (transaction) => sql`CALL fail_until(1000, 1213)`.execute(transaction)),
      StoreUnavailableError,
    );
  });
});

suite('work that nobody waits for any more', () => {
  test('has given back its locks, and takes no more', async () => {
    const own = open();
    const thawed = Promise.withResolvers<void>();
    try {
      db = own;
      const [ada] = await newUserIds(1);
      const chatId = await newGroupId(ada ?? 0, []);
      const holding = Promise.withResolvers<void>();
      let later: Promise<unknown>[] = [];
      const work = async (): Promise<void> => {
        try {
          await inTransaction(own, async (transaction) => {
            await sql`SELECT rev FROM chats WHERE id = ${chatId} FOR UPDATE`.execute(transaction);
            holding.resolve();
            await thawed.promise;
            await sql`UPDATE chats SET rev = rev + 100 WHERE id = ${chatId}`.execute(transaction);
          });
        } finally {
          later = [revOf(chatId), inTransaction(own, () => append(chatId, ada ?? 0))];
        }
      };
      let working: Promise<void> | undefined;
      const waited = runWithDeadline(
        1000,
        () => (working = work()),
        () => new Error('too late'),
      );
      await holding.promise;
      await assert.rejects(waited, /too late/);
      // As Lambda leaves it: frozen. Whoever comes next waits for no lock.
      assert.equal((await append(chatId, ada ?? 0)).outcome, 'appended');
      const rev = await revOf(chatId);
      thawed.resolve();
      await assert.rejects(working ?? Promise.resolve());
      const settled = await Promise.allSettled(later);
      for (const one of settled) {
        assert.ok(one.status === 'rejected' && one.reason instanceof StoreUnavailableError, one.status);
      }
      assert.equal(await revOf(chatId), rev);
    } finally {
      thawed.resolve();
      await own.destroy();
    }
  });
});
