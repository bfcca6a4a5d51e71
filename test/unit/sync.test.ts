import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChatRow, Membership } from '../../functions/chats/stores/chats.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';
import type { Actor } from '../../functions/sessions/actor.ts';
import { sync, type SyncEffects } from '../../functions/sync/sync.ts';
import { metadataOf } from '../support/messages.ts';

const at = new Date('2026-11-27T12:00:00.000Z');
const actor: Actor = { userId: 9, username: 'grace', sessionId: 's', tokenExpiresAt: 9e9 };

const membership = (chatId: number, change: Partial<Membership> = {}): Membership => ({
  chatId,
  rev: 6,
  detailsRev: 6,
  lastSeq: 5,
  lastReadSeq: 0,
  updatedAt: at,
  isHidden: false,
  hasBlocks: false,
  ...change,
});

const row = (id: number, change: Partial<ChatRow> = {}): ChatRow => ({
  id,
  chat_type: 'group',
  name: 'Moths',
  avatar_id: null,
  description: null,
  posting: 'everyone',
  slow_seconds: 0,
  is_active: true,
  created_at: at,
  updated_at: at,
  participant_count: 2,
  last_seq: 5,
  rev: 6,
  is_admin: false,
  last_read_seq: 0,
  notify_level: 'all',
  muted_until: null,
  unread_count: 0,
  mention_count: 0,
  last_message: null,
  peer: null,
  ...change,
});

/** Stores that hold these memberships, and then these rows. Whatever is after a read mark counts as unread. */
const effectsOf = (
  memberships: readonly Membership[],
  rows: readonly ChatRow[],
  changes: readonly MessageMetadata[] = [],
): SyncEffects => ({
  chats: {
    listMemberships: async () => [...memberships],
    findMany: async (_, ids) => rows.filter(({ id }) => ids.includes(id)),
    countUnread: async (_, positions) =>
      new Map(
        positions.map(({ chatId, lastSeq, lastReadSeq }) => {
          const unread = lastSeq - lastReadSeq;
          return [chatId, { unread_count: unread, mention_count: unread }];
        }),
      ),
  },
  participants: { listParticipantsOfChats: async () => new Map() },
  messages: {
    listChanges: async (positions) =>
      positions.flatMap(({ chatId, after, limit }) =>
        changes.filter((message) => message.chat_id === chatId && message.rev > after).slice(0, limit),
      ),
  },
  contents: { findMany: async () => new Map() },
  reactions: { findMany: async () => new Map() },
  files: { findMany: async () => new Map() },
  connections: { findByUsers: async () => [] },
  clock: () => at,
});

suite('a chat that changes while sync reads it', () => {
  for (const [what, later, unread] of [
    ['gets a message', { rev: 7, last_seq: 6 }, 6],
    ['is read on another device', { last_read_seq: 3 }, 2],
  ] as const) {
    const effects = effectsOf([membership(1)], [row(1, later)]);

    test(`and ${what} has the counts of the moment that it shows, unasked`, async () => {
      const { joined } = await sync(actor, { chats: [], limit: 200 }, effects);
      assert.deepEqual(
        joined.map((chat) => [chat.rev, chat.unread_count, chat.mention_count]),
        [[later.rev ?? 6, unread, unread]],
      );
    });

    test(`and ${what} has the counts of the moment that it shows, when it was asked for`, async () => {
      const { chats } = await sync(actor, { chats: [{ chat_id: 1, rev: 5 }], limit: 200 }, effects);
      assert.deepEqual(
        chats.map(({ rev, chat }) => [rev, chat?.rev, chat?.unread_count, chat?.mention_count]),
        [[6, later.rev ?? 6, unread, unread]],
      );
    });
  }
});

test('a call makes progress however large the chats are that the client did not name', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => index + 1);
  const large = row(0, { description: 'x'.repeat(60_000) });
  const effects = effectsOf(
    ids.map((id) => membership(id)),
    ids.map((id) => ({ ...large, id })),
  );
  const answer = await sync(actor, { chats: [{ chat_id: 7, rev: 5 }], limit: 200 }, effects);
  assert.deepEqual(
    answer.chats.map(({ chat_id: id, rev, chat, has_more: more }) => [id, rev, chat?.id, more]),
    [[7, 6, 7, false]],
  );
  assert.ok(answer.joined.length > 50 && answer.joined.length < 99, String(answer.joined.length));
  assert.equal(answer.more_joined, true);
});

suite('a message that changes while sync reads it', () => {
  const change = (seq: number, rev: number): MessageMetadata =>
    metadataOf({
      id: seq,
      message_id: `019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f0${seq}`,
      chat_id: 1,
      seq,
      rev,
      timestamp: at,
    });
  /** What sync answers for chat 1, which was at `rev` 6 with 5 messages when it was first read. */
  const answerFrom = async (from: number, changes: readonly MessageMetadata[]) => {
    const effects = effectsOf([membership(1)], [row(1)], changes);
    const { chats } = await sync(actor, { chats: [{ chat_id: 1, rev: from }], limit: 200 }, effects);
    return chats.map(({ rev, messages, has_more: more }) => [rev, messages.map(({ seq }) => seq), more]);
  };

  test('is waited for: without it, the chat is not as of its rev', async () => {
    assert.deepEqual(await answerFrom(5, [change(5, 7)]), [[5, [], true]]);
    assert.deepEqual(await answerFrom(3, [change(4, 5), change(2, 7)]), [[5, [4], true]]);
  });

  test('is waited for when newer messages hide it', async () => {
    assert.deepEqual(await answerFrom(5, [change(6, 7), change(7, 8), change(5, 9)]), [[5, [], true]]);
  });

  test('is not waited for when the client lacks nothing without it', async () => {
    assert.deepEqual(
      await answerFrom(5, [change(5, 6), change(1, 7)]),
      [[6, [5], false]],
      'no rev is missing',
    );
    assert.deepEqual(
      await answerFrom(5, [change(6, 7)]),
      [[6, [], false]],
      'a new message has its own event',
    );
  });
});

test('a call reads the members of fifty chats, and the other chats wait', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => index + 1);
  const effects = effectsOf(
    ids.map((id) => membership(id)),
    ids.map((id) => row(id)),
  );
  const asked = ids.map((id) => ({ chat_id: id, rev: 5 }));
  const { chats } = await sync(actor, { chats: asked, limit: 200 }, effects);
  assert.equal(chats.filter(({ chat }) => chat !== null).length, 50);
  for (const { rev, has_more: more } of chats.slice(50)) assert.deepEqual([rev, more], [5, true]);
});
