import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { sql, type Kysely } from 'kysely';
import { decideInLockedChat } from '../../functions/chats/rules.ts';
import { completeRoles } from '../../functions/chats/stores/roles.ts';
import {
  mayChange,
  maySend,
  messageRoleOf,
  stateOf,
  type MessageState,
  type MessageRole,
  type SendState,
} from '../../functions/messages/rules.ts';
import { createInviteStore } from '../../functions/invites/stores/invites.ts';
import { createMessageStore, type MessageChange } from '../../functions/messages/stores/messages.ts';
import { migrateMysql } from '../../functions/migrations/mysql.ts';
import type { Seat } from '../../functions/platform/mysql/locks.ts';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import type { Database } from '../../functions/platform/mysql/schema.ts';
import { mayPin, type PinState } from '../../functions/pins/rules.ts';
import { createDeviceStore } from '../../functions/notifications/stores/devices.ts';
import { createDispatchStore } from '../../functions/notifications/stores/dispatch.ts';
import { createPinStore } from '../../functions/pins/stores/pins.ts';
import { mayReact, type ReactionState } from '../../functions/reactions/rules.ts';
import { createReactionStore } from '../../functions/reactions/stores/reactions.ts';
import { advanceReadMark } from '../../functions/reading/rules.ts';
import { createUserStore } from '../../functions/users/stores/users.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { createChatStores } from '../support/chat-stores.ts';
import { startOwnMysql } from '../support/own-databases.ts';
import { newAccount } from '../support/people.ts';

// The rules are implemented in `rules.ts`, and again in MySQL's routines, which cannot call them. This suite puts all
// possible questions to both implementations, and checks that the stores that do call the rules pass the right
// arguments.

const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-rules-'));
let server: LocalMysql;
let db: Kysely<Database>;
const chats = createChatStores(() => db);
const messages = createMessageStore(() => db);
/** The limit of different emoji per message, and of pinned messages per chat. */
const MOST = 3;
const reactions = createReactionStore(() => db, MOST);
const pins = createPinStore(() => db, MOST);
const users = createUserStore(() => db);
const AT = new Date('2026-01-01T00:00:00.000Z');

before(async () => {
  server = await startOwnMysql(dataDirectory);
  db = openMysql(async () => server, { connections: 2, queryTimeoutMs: 60_000 });
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
    created_at: AT,
  });
  assert.ok(typeof inserted === 'object');
  return inserted.id;
};

const newGroupId = async (creatorId: number, memberIds: readonly number[]): Promise<number> => {
  const made = await chats.insertGroup({ name: 'A group', creatorId, memberIds, at: AT });
  assert.ok(made.outcome === 'created', JSON.stringify(made));
  return made.id;
};

const newDirectId = async (userId: number, peerId: number): Promise<number> => {
  const made = await chats.openDirect({ userId, peerId, at: AT });
  assert.ok(made.outcome === 'created', JSON.stringify(made));
  return made.id;
};

const append = (
  chatId: number,
  senderId: number,
  clientMessageId: string | null = null,
  replyToId: number | null = null,
  timestamp = AT,
) =>
  messages.append({
    chat_id: chatId,
    sender_id: senderId,
    message_id: randomUUID(),
    client_message_id: clientMessageId,
    reply_to_id: replyToId,
    mentions: { ids: [], all: false },
    attachment_ids: [],
    timestamp,
  });

const newMessageId = async (chatId: number, senderId: number): Promise<number> => {
  const appended = await append(chatId, senderId);
  assert.ok(appended.outcome === 'appended');
  return appended.message.id;
};

test('a send answers what is read of the message afterwards', async () => {
  const [ada, grace, stranger] = await Promise.all([newUserId(), newUserId(), newUserId()]);
  const chatId = await newGroupId(ada, [grace]);
  const target = await newMessageId(chatId, grace);
  const plain = { reply_to_id: null, mentions: { ids: [], all: false } };
  for (const differing of [
    plain,
    { ...plain, mentions: { ids: [stranger, grace, ada, grace], all: false } },
    { ...plain, mentions: { ids: [stranger], all: true } },
    { reply_to_id: target, mentions: { ids: [ada], all: true } },
  ]) {
    const sent = {
      ...differing,
      chat_id: chatId,
      sender_id: ada,
      message_id: randomUUID(),
      client_message_id: randomUUID(),
      attachment_ids: [],
      timestamp: new Date(AT.getTime() + 7),
    };
    const appended = await messages.append(sent);
    assert.ok(appended.outcome === 'appended');
    assert.deepEqual(appended.message, (await messages.find(appended.message.id, grace))?.message);
    assert.deepEqual(new Set(appended.memberIds), new Set([ada, grace]));
    assert.equal(appended.memberIds.length, 2);
    assert.deepEqual(await messages.append(sent), { outcome: 'duplicate', id: appended.message.id });
  }
});

const close = (chatId: number) =>
  db.updateTable('chats').set({ is_active: false }).where('id', '=', chatId).execute();

const revOf = async (chatId: number): Promise<number> => {
  const row = await db.selectFrom('chats').select('rev').where('id', '=', chatId).executeTakeFirstOrThrow();
  return row.rev;
};

suite('a change of a message is decided as the rules say', () => {
  const KINDS = ['edit', 'delete', 'restore'] as const;
  const CURRENT = randomUUID();

  /** A change whose answer is that of the state, of a message that is in it. */
  const changeOf = (kind: (typeof KINDS)[number], { isStale, isSame }: MessageState): MessageChange => {
    if (kind === 'edit') {
      return {
        kind,
        editId: isSame ? null : randomUUID(),
        replaces: isStale ? randomUUID() : CURRENT,
        mentions: { ids: undefined, all: isSame ? false : undefined },
        at: AT,
      };
    }
    return kind === 'delete' ? { kind, at: AT } : { kind, deletedSince: AT };
  };

  const reset = (id: number, { isDeleted, isRemoved, isTooLate }: MessageState) =>
    db
      .updateTable('message_metadata')
      .set({
        is_deleted: isDeleted,
        is_removed: isRemoved,
        deleted_at: isDeleted ? new Date(AT.getTime() - (isTooLate ? 1 : 0)) : null,
        edit_id: CURRENT,
      })
      .where('id', '=', id)
      .execute();

  /**
   * Of a message that is not deleted nobody can say that it was so too long ago, or by a moderator; only edits may be
   * stale.
   */
  const states = (kind: (typeof KINDS)[number]): MessageState[] =>
    [true, false].flatMap((isDeleted) =>
      (kind === 'restore' && isDeleted ? [true, false] : [false]).flatMap((isTooLate) =>
        (isDeleted ? [true, false] : [false]).flatMap((isRemoved) =>
          (kind === 'edit' ? [true, false] : [false]).flatMap((isStale) =>
            (kind === 'edit' ? [true, false] : [false]).map((isSame) => ({
              isDeleted,
              isRemoved,
              isTooLate,
              isStale,
              isSame,
            })),
          ),
        ),
      ),
    );

  /** Messages that somebody sent to a chat, one in each state, which a change takes it out of. */
  const messagesOf = (chatId: number, authorId: number) => {
    const ids = new Map<string, number>();
    const keyOf = ({ isDeleted, isRemoved, isTooLate }: MessageState): string =>
      `${isDeleted} ${isRemoved} ${isTooLate}`;
    return {
      chatId,
      authorId,
      find: async (state: MessageState): Promise<number> => {
        const id = ids.get(keyOf(state));
        if (id !== undefined) return id;
        const made = await newMessageId(chatId, authorId);
        ids.set(keyOf(state), made);
        await reset(made, state);
        return made;
      },
    };
  };

  /** Asks for every change in every state. @returns the outcomes */
  const assertSame = async (
    { chatId, find }: ReturnType<typeof messagesOf>,
    actorId: number,
    role: MessageRole,
  ): Promise<Set<string>> => {
    const seen = new Set<string>();
    for (const kind of KINDS) {
      for (const state of states(kind)) {
        const id = await find(state);
        const change = changeOf(kind, state);
        const question = JSON.stringify({ role, kind, state });
        const access = await messages.find(id, actorId);
        if (access === undefined) assert.equal(role, 'nobody', question);
        else
          assert.deepEqual(
            [messageRoleOf(access, actorId), stateOf(access, change)],
            [role, state],
            question,
          );
        const before = await revOf(chatId);
        const { outcome } = await messages.change(id, actorId, change);
        const answer = mayChange(role, kind, state);
        assert.equal(outcome, answer === 'allowed' ? 'changed' : answer, question);
        assert.equal(await revOf(chatId), outcome === 'changed' ? before + 1 : before, question);
        if (outcome === 'changed') await reset(id, state);
        seen.add(outcome);
      }
    }
    return seen;
  };

  /** Puts messages into all states while their author may still send. */
  const prepared = async (chatId: number, authorId: number) => {
    const made = messagesOf(chatId, authorId);
    for (const kind of KINDS) for (const state of states(kind)) await made.find(state);
    return made;
  };

  test('for whoever sent it, whoever manages the group, other members and nobody', async () => {
    const [admin, sender, member, departing, left, stranger] = (await Promise.all(
      Array.from({ length: 6 }, newUserId),
    )) as [number, number, number, number, number, number];
    const chatId = await newGroupId(admin, [sender, member, departing, left]);
    const sent = [
      await prepared(chatId, admin),
      await prepared(chatId, sender),
      await prepared(chatId, left),
    ];
    await chats.leave(chatId, left);
    await users.deactivate(departing);
    const seen = new Set<string>();
    for (const some of sent) {
      for (const actor of [admin, sender, member, departing, left, stranger]) {
        const isOutside = actor === left || actor === stranger;
        const own = actor === some.authorId ? 'sender' : actor === admin ? 'admin' : 'member';
        for (const outcome of await assertSame(some, actor, isOutside ? 'nobody' : own)) seen.add(outcome);
      }
    }
    assert.deepEqual([...seen].toSorted(), [
      'changed',
      'not_allowed',
      'not_participant',
      'removed',
      'same',
      'stale',
      'too_late',
      'unchanged',
    ]);
  });

  test('in a direct chat, where nobody manages anything', async () => {
    const [ada, grace, stranger] = (await Promise.all(Array.from({ length: 3 }, newUserId))) as [
      number,
      number,
      number,
    ];
    const sent = await prepared(await newDirectId(ada, grace), ada);
    await assertSame(sent, ada, 'sender');
    await assertSame(sent, grace, 'member');
    await assertSame(sent, stranger, 'nobody');
  });

  test('in a chat that is closed, to everybody as to nobody', async () => {
    const [ada, grace] = await Promise.all([newUserId(), newUserId()]);
    const chatId = await newGroupId(ada, [grace]);
    const sent = await prepared(chatId, grace);
    await close(chatId);
    for (const actor of [ada, grace]) await assertSame(sent, actor, 'nobody');
  });

  test('of a message that does not exist, to everybody as to nobody', async () => {
    const ada = await newUserId();
    const result = await messages.change(4_000_000_000, ada, { kind: 'delete', at: AT });
    assert.equal(result.outcome, 'not_participant');
  });
});

suite('a message is taken as the rules say', () => {
  const SLOW_SECONDS = 10;
  const earlier = (milliseconds: number): Date => new Date(AT.getTime() - milliseconds);

  /** Brings a chat into a state, with the sender's last message just inside or just outside of slow mode. */
  const prepare = async (chatId: number, senderId: number, state: SendState): Promise<void> => {
    await db
      .updateTable('chats')
      .set({ posting: state.isForAdmins ? 'admins' : 'everyone', slow_seconds: SLOW_SECONDS })
      .where('id', '=', chatId)
      .execute();
    await db
      .updateTable('chat_participants')
      .set({ last_sent_at: earlier(SLOW_SECONDS * 1000 - Number(state.isTooSoon)) })
      .where('chat_id', '=', chatId)
      .where('user_id', '=', senderId)
      .execute();
  };

  /** Sends, and sends again, as the state has it. */
  const assertSame = async (
    chatId: number,
    senderId: number,
    role: 'admin' | 'member' | 'nobody',
    {
      sentBefore,
      replyToId,
      ...state
    }: SendState & { readonly sentBefore: string; readonly replyToId: number | null },
  ): Promise<void> => {
    await prepare(chatId, senderId, state);
    const before = await revOf(chatId);
    const clientMessageId = state.isRepeat ? sentBefore : randomUUID();
    const { outcome } = await append(chatId, senderId, clientMessageId, replyToId);
    const answer = maySend(role, state);
    const question = JSON.stringify({ role, state });
    assert.equal(outcome, answer === 'allowed' ? 'appended' : answer, question);
    assert.equal(await revOf(chatId), outcome === 'appended' ? before + 1 : before, question);
  };

  for (const chatType of ['direct', 'group'] as const) {
    for (const isPeerGone of [false, true]) {
      test(`in a ${chatType} chat ${isPeerGone ? 'whose other member is gone' : 'of active users'}`, async () => {
        const [ada, grace, left, member, stranger] = (await Promise.all(
          Array.from({ length: 5 }, newUserId),
        )) as [number, number, number, number, number];
        const chatId =
          chatType === 'direct'
            ? await newDirectId(ada, grace)
            : await newGroupId(ada, [grace, left, member]);
        const senders = chatType === 'direct' ? [ada] : [ada, left];
        const sentBefore = randomUUID();
        for (const sender of senders) await append(chatId, sender, sentBefore);
        if (chatType === 'group') await chats.leave(chatId, left);
        const visible = await newMessageId(chatId, ada);
        const deleted = await newMessageId(chatId, ada);
        await messages.change(deleted, ada, { kind: 'delete', at: AT });
        const elsewhere = await newMessageId(await newGroupId(ada, []), ada);
        const either = [false, true];
        const common = { chatType, isPeerGone, isBlocked: false, sentBefore };
        const replies = [
          ...[null, visible].map((replyToId) => ({ replyToId, lacksTarget: false })),
          ...[deleted, elsewhere, 4_000_000_000].map((replyToId) => ({ replyToId, lacksTarget: true })),
        ];
        const states = either.flatMap((isRepeat) => [
          ...replies.map((reply) => ({
            ...common,
            ...reply,
            isRepeat,
            isForAdmins: false,
            isTooSoon: false,
          })),
          ...either.flatMap((isForAdmins) =>
            either.flatMap((isTooSoon) =>
              replies.slice(1, 3).map((reply) => ({ ...common, ...reply, isRepeat, isForAdmins, isTooSoon })),
            ),
          ),
        ]);
        // Only groups have settings.
        const possible = states.filter(
          (state) => chatType === 'group' || !(state.isForAdmins || state.isTooSoon),
        );
        if (chatType === 'group') await append(chatId, member, sentBefore);
        if (isPeerGone) await users.deactivate(grace);
        for (const state of possible) {
          await assertSame(chatId, ada, chatType === 'group' ? 'admin' : 'member', state);
          if (chatType === 'group') await assertSame(chatId, member, 'member', state);
          await assertSame(chatId, stranger, 'nobody', state);
          if (chatType === 'group') await assertSame(chatId, left, 'nobody', state);
        }
        for (const [userId, blockedId] of [
          [ada, grace],
          [grace, ada],
        ] as const) {
          await db
            .insertInto('user_blocks')
            .values({ user_id: userId, blocked_id: blockedId, created_at: AT })
            .execute();
          for (const state of possible) {
            await assertSame(chatId, ada, chatType === 'group' ? 'admin' : 'member', {
              ...state,
              isBlocked: true,
            });
          }
          await db.deleteFrom('user_blocks').where('user_id', '=', userId).execute();
        }
        await close(chatId);
        for (const state of possible) await assertSame(chatId, ada, 'nobody', state);
      });
    }
  }
});

test('slow mode tells how long to wait, and remembers whoever leaves and comes back', async () => {
  const [ada, grace] = await Promise.all([newUserId(), newUserId()]);
  const chatId = await newGroupId(ada, [grace]);
  const elsewhere = await newGroupId(ada, [grace]);
  await db.updateTable('chats').set({ slow_seconds: 3600 }).where('id', '=', chatId).execute();
  const send = (chat: number, sender: number, seconds: number) =>
    append(chat, sender, null, null, new Date(AT.getTime() + seconds * 1000));
  assert.equal((await send(chatId, grace, 0)).outcome, 'appended');
  const wait = async (seconds: number) => {
    const result = await send(chatId, grace, seconds);
    return result.outcome === 'too_soon' ? result.waitSeconds : result.outcome;
  };
  // Clocks of two functions may differ.
  assert.deepEqual(
    [await wait(-1), await wait(0.001), await wait(1), await wait(3599.5)],
    [3601, 3600, 3599, 1],
  );
  assert.equal((await send(chatId, ada, 0)).outcome, 'appended');
  assert.equal((await send(chatId, ada, 0)).outcome, 'appended', 'admins do not wait');

  await chats.leave(chatId, grace);
  await chats.addParticipants(chatId, ada, [grace], AT);
  assert.equal((await send(elsewhere, grace, 2)).outcome, 'appended');
  assert.equal(await wait(1600), 2000);
  assert.equal(await wait(3600), 'appended');

  const newcomer = await newUserId();
  await chats.addParticipants(chatId, ada, [newcomer], AT);
  assert.equal((await send(chatId, newcomer, 0)).outcome, 'appended');
});

suite('a reaction is taken as the rules say', () => {
  const either = [true, false];
  /** All that can be: whoever reacts uses the emoji, and an emoji that is used is one of those that there are. */
  const states: ReactionState[] = either.flatMap((isParticipant) =>
    either.flatMap((isDeleted) =>
      either.flatMap((isThere) =>
        either.flatMap((isUsed) =>
          Array.from({ length: MOST + 1 }, (_, emojiCount) => ({
            isParticipant,
            isDeleted,
            isThere,
            isUsed,
            emojiCount,
          })).filter(({ emojiCount }) => (isUsed ? emojiCount > 0 : !isThere)),
        ),
      ),
    ),
  );

  test('in every state', async () => {
    const [ada, grace, stranger] = (await Promise.all(Array.from({ length: 3 }, newUserId))) as [
      number,
      number,
      number,
    ];
    const chatId = await newGroupId(ada, [grace]);
    const seen = new Set<string>();
    for (const state of states) {
      for (const kind of ['add', 'remove'] as const) {
        const id = await newMessageId(chatId, ada);
        const actor = state.isParticipant ? ada : stranger;
        const insert = (userId: number, emoji: string) =>
          db
            .insertInto('message_reactions')
            .values({
              message_row_id: id,
              emoji,
              user_id: userId,
              chat_id: chatId,
              first_rev: 1,
              rev: 1,
              created_at: AT,
            })
            .execute();
        if (state.isThere) await insert(actor, '👍');
        if (state.isUsed) await insert(grace, '👍');
        const others = ['🎉', '🧭', '🦋'].slice(0, state.emojiCount - (state.isUsed ? 1 : 0));
        for (const emoji of others) await insert(grace, emoji);
        if (state.isDeleted) await messages.change(id, ada, { kind: 'delete', at: AT });
        const before = await revOf(chatId);
        const question = JSON.stringify({ kind, state });
        const result = await reactions.react(id, actor, { kind, emoji: '👍', at: AT });
        const answer = mayReact(kind, state, MOST);
        const outcome = { allowed: 'changed', hidden: 'unchanged' }[answer as string] ?? answer;
        assert.equal(result.outcome, outcome, question);
        assert.equal(await revOf(chatId), outcome === 'changed' ? before + 1 : before, question);
        const isOn = answer === 'allowed' ? kind === 'add' : answer === 'hidden' ? false : state.isThere;
        const count = Number(isOn) + Number(state.isUsed);
        const own = (await reactions.findMany([id], actor)).get(id)?.find(({ emoji }) => emoji === '👍');
        assert.deepEqual(own, count === 0 ? undefined : { emoji: '👍', count, me: isOn }, question);
        if (result.outcome === 'changed') assert.equal(result.count, count, question);
        seen.add(answer);
      }
    }
    assert.deepEqual([...seen].toSorted(), [
      'allowed',
      'deleted',
      'hidden',
      'not_participant',
      'too_many',
      'unchanged',
    ]);
  });
});

suite('a message is pinned as the rules say', () => {
  const either = [true, false];

  for (const chatType of ['direct', 'group'] as const) {
    test(`in every state of a ${chatType} chat`, async () => {
      const [ada, grace, left, stranger] = (await Promise.all(Array.from({ length: 4 }, newUserId))) as [
        number,
        number,
        number,
        number,
      ];
      const chatId =
        chatType === 'direct' ? await newDirectId(ada, grace) : await newGroupId(ada, [grace, left]);
      if (chatType === 'group') await chats.leave(chatId, left);
      const others: number[] = [];
      for (let index = 0; index < MOST; index += 1) others.push(await newMessageId(chatId, ada));
      /** Pins this many of the other messages, and no more. */
      const pinOthers = async (count: number): Promise<void> => {
        for (const [index, id] of others.entries()) {
          await pins.change(id, ada, { kind: index < count ? 'pin' : 'unpin', at: AT });
        }
      };
      const actors = (
        [
          ['admin', ada],
          ['member', grace],
          ['nobody', stranger],
        ] as const
      ).map(([role, id]) => ({ role: role === 'admin' && chatType === 'direct' ? 'member' : role, id }));
      const seen = new Set<string>();
      for (const isDeleted of either) {
        // A deleted message has no pin.
        for (const isPinned of isDeleted ? [false] : either) {
          for (let pinCount = isPinned ? 1 : 0; pinCount <= MOST; pinCount += 1) {
            for (const { role, id: actor } of actors) {
              for (const kind of ['pin', 'unpin'] as const) {
                await pinOthers(pinCount - (isPinned ? 1 : 0));
                const id = await newMessageId(chatId, ada);
                if (isPinned) await pins.change(id, ada, { kind: 'pin', at: AT });
                if (isDeleted) await messages.change(id, ada, { kind: 'delete', at: AT });
                const state: PinState = { role, chatType, isDeleted, isPinned, pinCount };
                const question = JSON.stringify({ kind, state });
                assert.equal(await pins.count(chatId, ada), pinCount, question);
                const before = await revOf(chatId);
                const result = await pins.change(id, actor, { kind, at: AT });
                const answer = mayPin(kind, state, MOST);
                assert.equal(result.outcome, answer === 'allowed' ? 'changed' : answer, question);
                const isChanged = answer === 'allowed';
                assert.equal(await revOf(chatId), isChanged ? before + 1 : before, question);
                const { message } = (await messages.find(id, ada)) ?? assert.fail(question);
                const by = isChanged ? (kind === 'pin' ? actor : null) : isPinned ? ada : null;
                assert.deepEqual(
                  [message.pinned_by, message.pinned_at !== null],
                  [by, by !== null],
                  question,
                );
                if (isChanged) assert.equal(message.rev, before + 1, question);
                if (message.pinned_at !== null) await pins.change(id, ada, { kind: 'unpin', at: AT });
                seen.add(answer);
              }
            }
          }
        }
      }
      assert.deepEqual([...seen].toSorted(), [
        'allowed',
        'deleted',
        ...(chatType === 'group' ? ['not_admin'] : []),
        'not_participant',
        'too_many',
        'unchanged',
      ]);
      const id = await newMessageId(chatId, ada);
      if (chatType === 'group') {
        assert.equal((await pins.change(id, left, { kind: 'pin', at: AT })).outcome, 'not_participant');
      }
      await close(chatId);
      assert.equal((await pins.change(id, ada, { kind: 'pin', at: AT })).outcome, 'not_participant');
      assert.equal(await pins.count(chatId, ada), undefined);
    });
  }

  test('as what deletions of the version before left behind has none', async () => {
    const ada = await newUserId();
    const chatId = await newGroupId(ada, []);
    const id = await newMessageId(chatId, ada);
    await pins.change(id, ada, { kind: 'pin', at: AT });
    await sql`CALL change_message_v3(${id}, ${ada}, 'delete', NULL, NULL, NULL, NULL, ${AT})`.execute(db);
    assert.equal(await pins.count(chatId, ada), 0);
    assert.deepEqual(await pins.listPage(chatId, { limit: 9, offset: 0 }), []);
    for (const kind of ['unpin', 'pin'] as const) {
      const { outcome } = await pins.change(id, ada, { kind, at: AT });
      assert.equal(outcome, kind === 'pin' ? 'deleted' : 'unchanged');
    }
    await messages.change(id, ada, { kind: 'restore', deletedSince: new Date(0) });
    const { message } = (await messages.find(id, ada)) ?? assert.fail('The message is gone');
    assert.deepEqual([message.pinned_at, message.pinned_by], [null, null]);
  });
});

test('a read mark moves as the rules say', async () => {
  const [ada, grace, stranger] = (await Promise.all(Array.from({ length: 3 }, newUserId))) as [
    number,
    number,
    number,
  ];
  const chatId = await newGroupId(ada, [grace]);
  const END = 3;
  for (let seq = 1; seq <= END; seq += 1) await append(chatId, ada);
  for (let mark = 0; mark <= END; mark += 1) {
    for (let seq = 0; seq <= END + 1; seq += 1) {
      await db
        .updateTable('chat_participants')
        .set({ last_read_seq: mark })
        .where('chat_id', '=', chatId)
        .where('user_id', '=', grace)
        .execute();
      const read = await chats.markRead(chatId, grace, seq);
      const next = advanceReadMark({ mark, end: END }, seq);
      assert.deepEqual([read?.lastReadSeq, read?.moved, read?.unreadCount], [next, next > mark, END - next]);
      assert.equal(await chats.markRead(chatId, stranger, seq), undefined);
    }
  }
  await close(chatId);
  assert.equal(await chats.markRead(chatId, grace, END), undefined);
});

suite('a change of a chat asks the rules under its lock', () => {
  let owner = 0;
  let admin = 0;
  let otherAdmin = 0;
  let member = 0;
  let departing = 0;
  let stranger = 0;

  before(async () => {
    [owner = 0, admin = 0, otherAdmin = 0, member = 0, departing = 0, stranger = 0] = await Promise.all(
      Array.from({ length: 6 }, newUserId),
    );
    await users.deactivate(departing);
  });

  const seat = (userId: number, role: Seat['role']): Seat => ({
    userId,
    role,
    isActive: userId !== departing,
  });

  /** A chat of these seats, longest-standing first, made around the rules. */
  const newChatId = async (type: 'direct' | 'group', seats: readonly Seat[]): Promise<number> => {
    const { insertId } = await db
      .insertInto('chats')
      .values({
        chat_type: type,
        name: 'Old',
        direct_key: null,
        created_at: AT,
        updated_at: AT,
        is_active: true,
      })
      .executeTakeFirstOrThrow();
    const chatId = Number(insertId);
    await db
      .insertInto('chat_participants')
      .values(
        seats.map(({ userId, role }, index) => ({
          chat_id: chatId,
          user_id: userId,
          role,
          is_admin: role !== 'member',
          joined_at: new Date(AT.getTime() + index),
        })),
      )
      .execute();
    return chatId;
  };

  /** The outcome of a request to the store, in the words of the rules. */
  const outcomeOf = async (
    request: Promise<{ readonly outcome: string; readonly rev?: number | null }>,
  ): Promise<string> => {
    const { outcome, rev } = await request;
    if (outcome !== 'changed') return outcome;
    return rev === null ? 'unchanged or hidden' : 'allowed';
  };

  const banAnswer = (answer: string, seats: readonly Seat[], target: number): string => {
    if (answer !== 'allowed' || seats.some(({ userId }) => userId === target)) return answer;
    return target === departing ? 'not_active' : 'unchanged';
  };

  /** That a group with somebody in it is owned by one of them, as both columns say. */
  const assertOwned = async (chatId: number, question: string): Promise<void> => {
    const rows = await db
      .selectFrom('chat_participants as seat')
      .innerJoin('users', 'users.id', 'seat.user_id')
      .select(['seat.role', 'seat.is_admin', 'users.is_active'])
      .where('seat.chat_id', '=', chatId)
      .execute();
    for (const row of rows) assert.equal(row.is_admin === 1, row.role !== 'member', question);
    const owners = rows.filter(({ role }) => role === 'owner').length;
    assert.ok(owners <= 1, question);
    if (rows.some((row) => row.is_active === 1)) assert.equal(owners, 1, question);
  };

  const inWords = (answer: string): string =>
    answer === 'unchanged' || answer === 'hidden' ? 'unchanged or hidden' : answer;

  const groupsOf = (): ['direct' | 'group', Seat[]][] => [
    [
      'group',
      [seat(owner, 'owner'), seat(admin, 'admin'), seat(member, 'member'), seat(departing, 'member')],
    ],
    [
      'group',
      [
        seat(owner, 'owner'),
        seat(admin, 'admin'),
        seat(otherAdmin, 'admin'),
        seat(member, 'member'),
        seat(departing, 'admin'),
      ],
    ],
    ['group', [seat(owner, 'owner'), seat(member, 'member')]],
    ['group', [seat(departing, 'owner'), seat(admin, 'admin'), seat(member, 'member')]],
    ['group', [seat(departing, 'owner'), seat(otherAdmin, 'member'), seat(member, 'member')]],
    ['group', [seat(owner, 'owner'), seat(departing, 'admin')]],
    ['group', [seat(owner, 'owner')]],
    ['direct', [seat(member, 'member'), seat(departing, 'member')]],
  ];

  test('whoever changes whom', async () => {
    const people = [owner, admin, otherAdmin, member, departing, stranger];
    const seen = new Set<string>();
    for (const [type, seats] of groupsOf()) {
      let chatId = await newChatId(type, seats);
      for (const actor of people) {
        const once: [string, string, (chatId: number) => Promise<string>][] = [
          [
            'edit',
            decideInLockedChat({ type, seats }, actor, 'edit'),
            (chatId) => outcomeOf(chats.edit(chatId, actor, { name: 'New' }, AT)),
          ],
          [
            'add',
            decideInLockedChat({ type, seats }, actor, 'add'),
            (chatId) => outcomeOf(chats.addParticipants(chatId, actor, [stranger], AT)),
          ],
          [
            'unban',
            decideInLockedChat({ type, seats }, actor, 'unban') === 'allowed'
              ? 'unchanged'
              : decideInLockedChat({ type, seats }, actor, 'unban'),
            (chatId) => outcomeOf(chats.unban(chatId, actor, stranger)),
          ],
          [
            'leave',
            decideInLockedChat({ type, seats }, actor, 'leave'),
            async (chatId) => {
              const result = await chats.leave(chatId, actor);
              if (result === undefined) return 'not_participant';
              return result.hidden ? 'hidden' : 'allowed';
            },
          ],
          ...people.flatMap((target): [string, string, (chatId: number) => Promise<string>][] => [
            [
              `remove ${target}`,
              decideInLockedChat(
                { type, seats },
                actor,
                actor === target ? 'remove_oneself' : 'remove',
                target,
              ),
              (chatId) => outcomeOf(chats.removeParticipant(chatId, actor, target)),
            ],
            ...(
              [
                ['make_owner', 'owner'],
                ['make_plain_admin', 'admin'],
                ['make_admin', 'at least admin'],
                ['make_member', 'member'],
              ] as const
            ).map(([action, role]): [string, string, (chatId: number) => Promise<string>] => [
              `${action} ${target}`,
              decideInLockedChat({ type, seats }, actor, action, target),
              (chatId) => outcomeOf(chats.setRole(chatId, actor, target, role)),
            ]),
            [
              `ban ${target}`,
              // A ban of whoever is not in the group changes nothing that takes a `rev`.
              banAnswer(decideInLockedChat({ type, seats }, actor, 'ban', target), seats, target),
              (chatId) =>
                outcomeOf(chats.ban(chatId, actor, { userId: target, reason: null, until: null, at: AT })),
            ],
          ]),
        ];
        for (const [action, answer, ask] of once) {
          const outcome = await ask(chatId);
          seen.add(outcome);
          assert.equal(inWords(outcome), inWords(answer), JSON.stringify({ type, seats, actor, action }));
          if (type === 'group') await assertOwned(chatId, JSON.stringify({ seats, actor, action }));
          if (outcome === 'allowed') chatId = await newChatId(type, seats);
        }
      }
    }
    assert.deepEqual([...seen].toSorted(), [
      'allowed',
      'hidden',
      'last_admin',
      'not_active',
      'not_admin',
      'not_member',
      'not_owner',
      'not_participant',
      'unchanged or hidden',
    ]);
  });

  test('a plain member may go while the only admin’s account is about to leave; the heir is who stays', async () => {
    const chatId = await newChatId('group', [
      seat(departing, 'owner'),
      seat(otherAdmin, 'member'),
      seat(member, 'member'),
    ]);
    const removed = await chats.removeParticipant(chatId, member, member);
    assert.ok(removed.outcome === 'changed');
    assert.deepEqual(removed.memberIds, [departing, otherAdmin]);
    assert.equal(removed.handover?.userId, otherAdmin);
    const left = await chats.leave(chatId, departing);
    assert.ok(left !== undefined && !left.hidden);
    assert.equal(left.left.heir, null);
  });

  test('an owner who goes hands over to the longest-standing admin', async () => {
    const chatId = await newChatId('group', [
      seat(owner, 'owner'),
      seat(member, 'member'),
      seat(admin, 'admin'),
    ]);
    const before = await revOf(chatId);
    const stepped = await chats.setRole(chatId, owner, owner, 'member');
    assert.ok(stepped.outcome === 'changed');
    assert.deepEqual([stepped.rev, stepped.handover], [before + 1, { userId: admin, rev: before + 2 }]);
    const given = await chats.setRole(chatId, admin, member, 'owner');
    assert.ok(given.outcome === 'changed');
    assert.deepEqual([given.rev, given.handover], [before + 3, { userId: admin, rev: before + 4 }]);
    assert.equal(await revOf(chatId), before + 4);
    assert.deepEqual(
      (await chats.listParticipants(chatId, owner)).map(({ role, is_admin: isAdmin }) => [role, isAdmin]),
      [
        ['member', false],
        ['owner', true],
        ['admin', true],
      ],
    );
  });

  test('who is banned comes in by nobody, until the ban ends', async () => {
    const chatId = await newChatId('group', [seat(owner, 'owner'), seat(member, 'member')]);
    const ban = (until: Date | null) =>
      chats.ban(chatId, owner, { userId: member, reason: 'Spam', until, at: AT });
    const later = new Date(AT.getTime() + 1000);
    assert.deepEqual(await ban(AT).then(({ outcome }) => outcome), 'changed');
    assert.equal(
      (await chats.findPresenceAudience(chatId, owner))?.length,
      2,
      'a ban that has ended removes nobody',
    );
    const banned = await ban(later);
    assert.ok(banned.outcome === 'changed');
    assert.deepEqual(banned.userIds, [member]);
    const add = (at: Date) => chats.addParticipants(chatId, owner, [stranger, member], at);
    assert.deepEqual(await add(AT), { outcome: 'banned', userIds: [member] });
    assert.equal((await chats.listPage(chatId, owner, AT, { limit: 10, offset: 0 }))[0]?.reason, 'Spam');
    assert.deepEqual([await chats.count(chatId, AT), await chats.count(chatId, later)], [1, 0]);
    assert.deepEqual(await chats.listPage(chatId, owner, later, { limit: 10, offset: 0 }), []);
    const invites = createInviteStore(() => db, 1);
    const code = randomUUID().slice(0, 22);
    await invites.insert(chatId, owner, { code, maxUses: null, expiresAt: later, at: AT });
    const isBanned = async (at: Date) => (await invites.find(code, member, at))?.isBanned;
    assert.deepEqual([await isBanned(AT), await isBanned(later)], [true, false]);
    assert.equal((await add(later)).outcome, 'changed');
  });

  test('what code of the version before wrote counts by is_admin alone, and is completed', async () => {
    const write = (chatId: number, userId: number, isAdmin: boolean, role: Seat['role'] | null) =>
      db
        .updateTable('chat_participants')
        .set({ is_admin: isAdmin, role })
        .where('chat_id', '=', chatId)
        .where('user_id', '=', userId)
        .execute();
    const old = await newChatId('group', [
      seat(member, 'member'),
      seat(admin, 'admin'),
      seat(otherAdmin, 'admin'),
    ]);
    await write(old, member, false, null);
    await write(old, admin, true, null);
    await write(old, otherAdmin, true, null);
    const mixed = await newChatId('group', [seat(owner, 'owner'), seat(member, 'member')]);
    await write(mixed, owner, false, 'owner');
    await write(mixed, member, true, 'member');
    const rolesOf = async (chatId: number) =>
      (await chats.listParticipants(chatId, member)).map(({ role }) => role);
    assert.deepEqual(await rolesOf(old), ['member', 'admin', 'admin']);
    assert.deepEqual(await rolesOf(mixed), ['member', 'admin']);
    // Whoever has been an admin for longest acts as the owner before anything is completed.
    assert.equal((await chats.setRole(old, otherAdmin, admin, 'member')).outcome, 'not_owner');
    assert.equal((await chats.setRole(old, admin, otherAdmin, 'member')).outcome, 'changed');
    const revs = await Promise.all([revOf(old), revOf(mixed)]);
    assert.ok((await completeRoles(db, () => false)).repaired >= 3);
    assert.deepEqual(await completeRoles(db, () => false), { repaired: 0, complete: true });
    assert.deepEqual(await rolesOf(old), ['member', 'owner', 'member']);
    assert.deepEqual(await rolesOf(mixed), ['member', 'owner']);
    assert.deepEqual(
      await Promise.all([revOf(old), revOf(mixed)]),
      revs.map((rev) => rev + 1),
    );
  });

  test('a group is full at its limit, and whoever is in it already takes no room', async () => {
    const small = createChatStores(() => db, { groupMembersMax: 3 });
    const chatId = await newChatId('group', [seat(admin, 'owner'), seat(member, 'member')]);
    const add = (ids: readonly number[]) => small.addParticipants(chatId, admin, ids, AT);
    assert.equal((await add([otherAdmin, stranger])).outcome, 'group_full');
    assert.equal((await add([otherAdmin, member])).outcome, 'changed');
    assert.equal((await add([stranger])).outcome, 'group_full');
    const joined = await small.join(chatId, stranger, AT, {
      lockAndCheck: async () => undefined,
      countUse: () => assert.fail('nobody came in'),
    });
    assert.equal(joined.outcome, 'group_full');
    assert.equal((await add([departing])).outcome, 'not_active');
    assert.equal((await add([member])).outcome, 'changed');
  });
});

test('a group has so many invitations that can be used, and what is over makes room', async () => {
  const invites = createInviteStore(() => db, 2);
  const [ada, grace] = await Promise.all([newUserId(), newUserId()]);
  const chatId = await newGroupId(ada, [grace]);
  const codeOf = (name: string): string => `${chatId}-${name}`.padEnd(22, '_');
  const insert = async (code: string, seconds: number, maxUses: number | null = null) => {
    const expiresAt = new Date(AT.getTime() + seconds * 1000);
    return (await invites.insert(chatId, ada, { code: codeOf(code), maxUses, expiresAt, at: AT })).outcome;
  };
  assert.deepEqual(
    [
      await insert('expired', 0),
      await insert('once', 60, 1),
      await insert('open', 60),
      await insert('more', 60),
    ],
    ['inserted', 'inserted', 'inserted', 'too_many'],
  );
  const once = await invites.find(codeOf('once'), grace, AT);
  assert.ok(once !== undefined);
  await db.transaction().execute((transaction) => invites.use(transaction, once.id));
  assert.equal(await insert('more', 60), 'inserted');
  const page = await invites.listPage(chatId, AT, { limit: 10, offset: 0 });
  assert.deepEqual(
    page.map(({ code }) => code),
    [codeOf('more'), codeOf('open')],
  );
  assert.equal(await invites.count(chatId, AT), 2);
  assert.ok((await invites.removeExpired(AT, 100)) >= 1);
  assert.equal(await invites.find(codeOf('expired'), grace, AT), undefined);
  assert.equal(
    (await invites.find(codeOf('ONCE'), grace, AT))?.code,
    undefined,
    'codes are compared exactly',
  );
  await close(chatId);
  assert.equal(await invites.find(codeOf('open'), grace, AT), undefined);
});

test('members beyond one slice are written, held and found', async () => {
  const many = createChatStores(() => db, { groupMembersMax: 1000 });
  const COUNT = 230;
  const accounts = Array.from({ length: COUNT }, () => newAccount());
  const { insertId } = await db
    .insertInto('users')
    .values(
      accounts.map(({ username, email }) => ({
        username,
        email,
        full_name: null,
        hashed_password: 'none',
        created_at: AT,
        last_seen: null,
      })),
    )
    .executeTakeFirstOrThrow();
  // In another order than that in which users are locked.
  const ids = accounts.map((_, index) => Number(insertId) + index).toReversed();
  const [creatorId = 0, ...others] = ids;
  const made = await many.insertGroup({ name: 'Many', creatorId, memberIds: others.slice(0, 115), at: AT });
  assert.ok(made.outcome === 'created');
  const added = await many.addParticipants(made.id, creatorId, others.slice(115), AT);
  assert.ok(added.outcome === 'changed');
  assert.equal(added.memberIds.length, COUNT);
  const shown = await many.findForUsers(made.id, ids);
  assert.deepEqual(new Set(shown.keys()), new Set(ids));
  assert.ok([...shown.values()].every((row) => row.participant_count === COUNT));
  assert.equal(await many.countParticipants(made.id, creatorId), COUNT);
  const gone = [ids[3] ?? 0, ids[150] ?? 0];
  for (const id of gone) await users.deactivate(id);
  const refused = await many.insertGroup({ name: 'Many', creatorId, memberIds: others, at: AT });
  assert.deepEqual(refused, { outcome: 'not_active', userIds: gone });
  const few = createChatStores(() => db, { groupMembersMax: 1000, chatsPerUserMax: 1 });
  const active = others.filter((id) => !gone.includes(id));
  await assert.rejects(few.insertGroup({ name: 'Many', creatorId, memberIds: active, at: AT }), {
    name: 'TooManyChatsError',
    userIds: [creatorId, ...active].toSorted((a, b) => a - b),
  });
});

test('members with a device are found for push, all or those who are named, in open chats with new messages', async () => {
  const [devices, dispatch] = [createDeviceStore(() => db), createDispatchStore(() => db)];
  const [ada, grace, edsger] = await Promise.all([newUserId(), newUserId(), newUserId()]);
  for (const userId of [ada, grace]) {
    const of = { user_id: userId, session_id: 'session', token: `token of ${userId}`, name: null };
    await devices.register({ ...of, kind: 'fcm', p256dh: null, auth: null, created_at: AT }, 20);
  }
  const chatId = await newGroupId(ada, [grace, edsger]);
  const members = async (userIds?: readonly number[]) =>
    new Set((await dispatch.listMembers(chatId, userIds)).map(({ userId }) => userId));
  assert.deepEqual(await members(), new Set([ada, grace]));
  assert.deepEqual(await members([grace, edsger]), new Set([grace]));

  const until = new Date(AT.getTime() + 86_400_000);
  const isStale = async (): Promise<boolean> => {
    const before = { updatedAt: new Date(0), chatId: 0 };
    return (await dispatch.listStale(before, until, 100_000)).some((stale) => stale.chatId === chatId);
  };
  assert.equal(await isStale(), false);
  await newMessageId(chatId, ada);
  assert.equal(await isStale(), true);
  await close(chatId);
  assert.equal(await isStale(), false);
});
