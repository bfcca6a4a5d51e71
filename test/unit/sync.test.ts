import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChatRow, Membership } from '../../functions/chats/stores/chats.ts';
import type { Actor } from '../../functions/sessions/actor.ts';
import { sync, type SyncEffects } from '../../functions/sync/sync.ts';

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
const effectsOf = (memberships: readonly Membership[], rows: readonly ChatRow[]): SyncEffects => ({
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
  messages: { listChanges: async () => [] },
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
