import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  dispatchAgain,
  dispatchChat,
  dispatchHeld,
  type DispatchEffects,
} from '../../functions/notifications/dispatch-chat.ts';
import type { DispatchMember } from '../../functions/notifications/stores/dispatch.ts';
import { reapDevices } from '../../functions/notifications/reap-devices.ts';
import { sweepDispatch } from '../../functions/notifications/sweep-dispatch.ts';
import { wakeDispatch } from '../../functions/notifications/wake-dispatch.ts';
import type { DispatchWork, PushWork } from '../../functions/notifications/work.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';
import type { Connection } from '../../functions/presence/stores/connections.ts';
import type { SessionState } from '../../functions/sessions/find-session-states.ts';
import { connectionOf } from '../support/fake-connections.ts';

const CHAT = 42;
const ADA = 1;
const GRACE = 2;
const EDSGER = 3;
const start = new Date('2026-03-10T12:00:00.000Z');

const metadata = (seq: number, change: Partial<MessageMetadata> = {}): MessageMetadata => ({
  id: 1000 + seq,
  message_id: `message-${seq}`,
  chat_id: CHAT,
  seq,
  rev: seq,
  sender_id: ADA,
  sender_username: 'ada',
  message_type: 'text',
  timestamp: start,
  edited_at: null,
  is_edited: false,
  is_deleted: false,
  client_message_id: null,
  edit_id: null,
  has_reactions: false,
  has_attachments: false,
  reply_target: null,
  mentions: [],
  mention_all: false,
  pinned_at: null,
  pinned_by: null,
  ...change,
});

const memberOf = (userId: number, change: Partial<DispatchMember> = {}): DispatchMember => ({
  userId,
  lastReadSeq: 0,
  level: 'all',
  mutedUntil: null,
  preview: true,
  quiet: null,
  devices: [
    {
      id: userId * 10,
      user_id: userId,
      session_id: `session-${userId}`,
      kind: 'fcm',
      token: `token-${userId}`,
      p256dh: null,
      auth: null,
      name: null,
      created_at: new Date(0),
    },
  ],
  ...change,
});

/** A chat in memory, and the enqueued pushes. */
const newWorld = () => {
  const world = {
    now: start,
    messages: [] as MessageMetadata[],
    members: [memberOf(GRACE), memberOf(EDSGER)],
    connections: [] as Connection[],
    blocks: new Set<string>(),
    sessions: new Map<string, SessionState>(),
    dispatchedSeq: null as number | null,
    forgotten: [] as number[],
    noted: [] as number[],
    pushes: [] as PushWork[],
    held: [] as { work: DispatchWork & { type: 'held' }; delaySeconds: number }[],
    failingSends: 0,
  };
  const effects: DispatchEffects = {
    dispatch: {
      findPosition: async () => ({
        chatType: 'group',
        name: 'Engines',
        lastSeq: Math.max(0, ...world.messages.map(({ seq }) => seq)),
        dispatchedSeq: world.dispatchedSeq,
      }),
      listMembers: async (_, userIds) =>
        world.members.filter(({ userId }) => userIds?.includes(userId) ?? true),
      findBlocks: async () => world.blocks,
      advance: async (_, seq) => {
        world.dispatchedSeq = Math.max(world.dispatchedSeq ?? 0, seq);
      },
      listStale: async () => [],
    },
    devices: { forget: async (devices) => void world.forgotten.push(...devices.map(({ id }) => id)) },
    messages: {
      listBySeq: async (_, cursor, limit) =>
        'after' in cursor
          ? world.messages.filter(({ seq, is_deleted: gone }) => seq > cursor.after && !gone).slice(0, limit)
          : [],
    },
    contents: {
      findMany: async (versions) =>
        new Map(versions.map(({ message_id: id }) => [id, { content: `The text of ${id}`, rev: null }])),
    },
    chats: {
      sumUnread: async (userIds) => new Map(userIds.map((id) => [id, { unread_count: 7, mention_count: 0 }])),
    },
    connections: { findByUsers: async () => world.connections },
    findSessionStates: async () => (_, sessionId) => world.sessions.get(sessionId) ?? 'live',
    recordDeviceCount: async (userId) => void world.noted.push(userId),
    pushes: {
      send: async (messages) => {
        if (world.failingSends > 0) {
          world.failingSends -= 1;
          throw new Error('The queue is away');
        }
        world.pushes.push(...messages.map(({ body }) => body as PushWork));
      },
    },
    held: {
      send: async (messages) => {
        for (const { body, delaySeconds = 0 } of messages) {
          world.held.push({ work: body as DispatchWork & { type: 'held' }, delaySeconds });
        }
      },
    },
    holdMs: () => 10_000,
    kinds: () => ['web_push', 'fcm'],
    clock: () => world.now,
  };
  const pushed = (): string[] => world.pushes.map(({ user_id: user, seq }) => `${user}:${seq}`);
  return { world, effects, pushed };
};

suite('dispatching a chat', () => {
  test('enqueues a push for each device of each message, once, and goes on where it stopped', async () => {
    const { world, effects, pushed } = newWorld();
    world.messages = [metadata(1), metadata(2, { mentions: [GRACE] })];
    assert.equal(await dispatchChat(CHAT, effects), 2);
    assert.deepEqual(pushed(), ['2:1', '3:1', '2:2', '3:2']);
    assert.deepEqual(
      world.pushes.map(({ urgency }) => urgency),
      ['normal', 'normal', 'high', 'normal'],
    );
    assert.deepEqual(JSON.parse(world.pushes[0]?.body ?? ''), {
      type: 'message',
      chat_id: CHAT,
      id: 1001,
      seq: 1,
      chat_name: 'Engines',
      sender_username: 'ada',
      preview: 'The text of message-1',
      mention: false,
      unread_total: 7,
    });
    assert.equal(await dispatchChat(CHAT, effects), 0);
    world.messages.push(metadata(3));
    assert.equal(await dispatchChat(CHAT, effects), 1);
    assert.deepEqual(pushed().slice(4), ['2:3', '3:3']);
  });

  test('moves its mark only once the pushes are in their queue', async () => {
    const { world, effects, pushed } = newWorld();
    world.messages = [metadata(1)];
    world.failingSends = 1;
    await assert.rejects(dispatchChat(CHAT, effects), /away/);
    assert.equal(world.dispatchedSeq, null);
    await dispatchChat(CHAT, effects);
    assert.deepEqual([pushed(), world.dispatchedSeq], [['2:1', '3:1'], 1]);
  });

  test('passes over what is deleted, and over a thousand messages in steps', async () => {
    const { world, effects } = newWorld();
    world.members = [memberOf(GRACE)];
    world.messages = Array.from({ length: 251 }, (_, index) =>
      metadata(index + 1, { is_deleted: index % 10 === 0 }),
    );
    await dispatchChat(CHAT, effects);
    assert.equal(world.pushes.length, 225);
    assert.equal(new Set(world.pushes.map(({ seq }) => seq)).size, 225);
    assert.equal(world.dispatchedSeq, 251);
  });

  test('pushes nothing that is a day old, nor what was there before the device', async () => {
    const { world, effects, pushed } = newWorld();
    const [device] = memberOf(GRACE).devices;
    assert.ok(device !== undefined);
    world.members = [memberOf(GRACE, { devices: [{ ...device, created_at: start }] })];
    world.messages = [
      metadata(1, { timestamp: new Date(start.getTime() - 1) }),
      metadata(2),
      metadata(3, { timestamp: new Date(start.getTime() - 25 * 60 * 60 * 1000) }),
    ];
    await dispatchChat(CHAT, effects);
    assert.deepEqual(pushed(), ['2:2']);
  });

  test('leaves out who blocked the sender, and shows no preview to who wants none', async () => {
    const { world, effects, pushed } = newWorld();
    world.blocks = new Set([`${EDSGER} ${ADA}`]);
    world.members = [memberOf(GRACE, { preview: false }), memberOf(EDSGER)];
    world.messages = [metadata(1), metadata(2, { sender_id: GRACE })];
    await dispatchChat(CHAT, effects);
    assert.deepEqual(pushed(), ['2:1', '3:2']);
    assert.equal((JSON.parse(world.pushes[0]?.body ?? '') as { preview: unknown }).preview, null);
  });

  test('forgets devices whose sessions have ended', async () => {
    const { world, effects, pushed } = newWorld();
    world.sessions.set(`session-${GRACE}`, 'ended');
    world.messages = [metadata(1)];
    await dispatchChat(CHAT, effects);
    assert.deepEqual([pushed(), world.forgotten, world.noted], [['3:1'], [20], [GRACE]]);
  });

  test('passes over devices of a suspended account, and neither it nor the reaper forgets them', async () => {
    const { world, effects, pushed } = newWorld();
    world.sessions.set(`session-${GRACE}`, 'suspended');
    world.messages = [metadata(1)];
    await dispatchChat(CHAT, effects);
    const { findSessionStates, recordDeviceCount } = effects;
    const walk = async () => world.members.flatMap(({ devices }) => devices);
    const reaped = await reapDevices({
      devices: { ...effects.devices, walk },
      findSessionStates,
      recordDeviceCount,
      jobs: { findPosition: async () => 0, savePosition: async () => undefined },
      clock: effects.clock,
    });
    assert.deepEqual([pushed(), world.forgotten, reaped], [['3:1'], [], { removed: 0, complete: true }]);
    assert.equal(world.dispatchedSeq, 1);
  });

  test('sends to no kind that the stage has no keys for', async () => {
    const { world, effects } = newWorld();
    world.messages = [metadata(1)];
    await dispatchChat(CHAT, { ...effects, kinds: () => ['web_push'] });
    assert.deepEqual([world.pushes, world.dispatchedSeq], [[], 1]);
  });
});

suite('a push that failed', () => {
  const again = { type: 'again', user_id: GRACE, device_id: 20, chat_id: CHAT, seq: 1, attempt: 3 } as const;

  test('is enqueued as its next attempt, for its device and its message alone', async () => {
    const { world, effects, pushed } = newWorld();
    const [device] = memberOf(GRACE).devices;
    assert.ok(device !== undefined);
    world.members = [memberOf(GRACE, { devices: [device, { ...device, id: 21 }] }), memberOf(EDSGER)];
    world.messages = [metadata(1), metadata(2)];
    await dispatchAgain(again, effects);
    assert.deepEqual(pushed(), ['2:1']);
    assert.deepEqual([world.pushes[0]?.device_id, world.pushes[0]?.attempt], [20, 3]);
  });

  test('is held for its device alone, and is then enqueued as the same attempt', async () => {
    const { world, effects } = newWorld();
    const [device] = memberOf(GRACE).devices;
    assert.ok(device !== undefined);
    world.members = [memberOf(GRACE, { devices: [device, { ...device, id: 21 }] }), memberOf(EDSGER)];
    world.messages = [metadata(1)];
    world.connections = [connectionOf(GRACE, 'desk')];
    await dispatchAgain(again, effects);
    assert.deepEqual([world.pushes, world.held.length], [[], 1]);
    world.now = new Date(start.getTime() + 10_000);
    const queued = JSON.parse(JSON.stringify(world.held[0]?.work)) as DispatchWork & { type: 'held' };
    await dispatchHeld(queued, effects);
    assert.deepEqual(
      world.pushes.map(({ device_id: id, attempt }) => [id, attempt]),
      [[20, 3]],
    );
  });

  test('is not enqueued when nobody is to be pushed it any more', async () => {
    const changes: ((world: ReturnType<typeof newWorld>['world']) => void)[] = [
      (world) => (world.messages = [metadata(1, { is_deleted: true }), metadata(2)]),
      (world) => (world.members = [memberOf(GRACE, { lastReadSeq: 1 })]),
      (world) => (world.members = [memberOf(EDSGER)]),
      (world) => (world.members = [memberOf(GRACE, { devices: [] })]),
      (world) => world.sessions.set(`session-${GRACE}`, 'ended'),
      (world) => world.sessions.set(`session-${GRACE}`, 'suspended'),
    ];
    for (const change of changes) {
      const { world, effects, pushed } = newWorld();
      world.messages = [metadata(1), metadata(2)];
      change(world);
      await dispatchAgain(again, effects);
      assert.deepEqual(pushed(), []);
    }
  });
});

suite('who is connected', () => {
  const connected = () => {
    const made = newWorld();
    made.world.connections = [connectionOf(EDSGER, 'desk')];
    made.world.messages = [metadata(1)];
    return made;
  };

  test('is decided on again when they had the time to read', async () => {
    const { world, effects, pushed } = connected();
    world.now = new Date(start.getTime() + 1500);
    await dispatchChat(CHAT, effects);
    assert.deepEqual(pushed(), ['2:1']);
    const work = { type: 'held' as const, chat_id: CHAT, from_seq: 1, to_seq: 1, user_ids: [EDSGER] };
    assert.deepEqual(world.held, [{ work, delaySeconds: 9 }]);
    assert.equal(world.dispatchedSeq, 1);

    world.now = new Date(start.getTime() + 10_500);
    world.messages.push(metadata(2));
    await dispatchHeld(work, effects);
    assert.deepEqual(pushed(), ['2:1', '3:1']);
  });

  test('is not pushed when they have read, or the message is deleted by then', async () => {
    for (const change of ['read', 'deleted'] as const) {
      const { world, effects, pushed } = connected();
      await dispatchChat(CHAT, effects);
      world.now = new Date(start.getTime() + 10_000);
      if (change === 'read') world.members = [memberOf(GRACE), memberOf(EDSGER, { lastReadSeq: 1 })];
      else world.messages = [metadata(1, { is_deleted: true })];
      for (const { work } of world.held) await dispatchHeld(work, effects);
      assert.deepEqual(pushed(), ['2:1'], change);
    }
  });

  test('counts as away where their connection does not carry the chat, or its lease is over', async () => {
    const { world, effects, pushed } = connected();
    world.connections = [
      connectionOf(EDSGER, 'other', { scope: CHAT + 1 }),
      connectionOf(GRACE, 'dead', { leaseUntil: start.getTime() / 1000 - 1 }),
    ];
    await dispatchChat(CHAT, effects);
    assert.deepEqual([pushed(), world.held], [['2:1', '3:1'], []]);
  });
});

test('a send wakes the dispatch at once for who is away, later for who is connected, and for nobody else', async () => {
  const woken: number[] = [];
  const effects = {
    send: async (_: DispatchWork, delaySeconds: number) => void woken.push(delaySeconds),
    holdSeconds: () => 10,
  };
  await wakeDispatch(CHAT, { hasDevices: false, isAnyAway: false }, effects);
  await wakeDispatch(CHAT, { hasDevices: true, isAnyAway: true }, effects);
  await wakeDispatch(CHAT, { hasDevices: true, isAnyAway: false }, effects);
  assert.deepEqual(woken, [0, 10]);
  const send = async (): Promise<void> => {
    throw new Error('The queue is away');
  };
  await wakeDispatch(CHAT, { hasDevices: true, isAnyAway: true }, { ...effects, send });
});

test('the sweep looks at what happened since the last one, with an overlap, and not at the last 15 seconds', async () => {
  const asked: [Date, Date][] = [];
  const sent: object[] = [];
  let progress: Date | undefined;
  const chats = Array.from({ length: 501 }, (_, index) => ({ updatedAt: start, chatId: index + 1 }));
  const run = (now: Date) =>
    sweepDispatch({
      dispatch: {
        listStale: async (after, until, limit) => {
          asked.push([after.updatedAt, until]);
          return chats.filter(({ chatId }) => chatId > after.chatId).slice(0, limit);
        },
      },
      jobs: {
        findProgress: async () => progress,
        saveProgress: async (_, until) => {
          progress = until;
        },
      },
      queue: { send: async (messages) => void sent.push(...messages.map(({ body }) => body)) },
      clock: () => now,
    });
  assert.deepEqual(await run(start), { woken: 501, complete: true });
  assert.equal(sent.length, 501);
  const until = new Date(start.getTime() - 15_000);
  assert.deepEqual(asked[0], [new Date(start.getTime() - 24 * 60 * 60 * 1000), until]);
  asked.splice(0);
  chats.splice(0);
  await run(new Date(start.getTime() + 60_000));
  assert.deepEqual(asked, [[new Date(until.getTime() - 60_000), new Date(until.getTime() + 60_000)]]);
});
