import { untouched } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Message } from '../../functions/contract/schemas.ts';
import { broadcast, encodeFrame } from '../../functions/events/broadcast.ts';
import { publish } from '../../functions/events/publish.ts';
import type { PushAudience } from '../../functions/notifications/wake-dispatch.ts';
import type { Connection } from '../../functions/presence/stores/connections.ts';
import { newMessageEvent } from '../../functions/messages/send-message.ts';
import { connectionOf, fakeConnections, unblocked } from '../support/fake-connections.ts';

const event = { type: 'user_joined', chat_id: 7, user_id: 1 } as const;
const message: Message = {
  id: 1,
  message_id: '019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5',
  chat_id: 7,
  seq: 1,
  rev: 1,
  sender_id: 1,
  sender_username: 'ada',
  content: 'hello',
  message_type: 'text',
  timestamp: '2026-01-31T09:26:53.589Z',
  ...untouched(),
};

test('an event reaches the connections that carry the chat, and no others', async () => {
  const { effects, sent } = fakeConnections({
    connections: [
      connectionOf(1, 'all-chats'),
      connectionOf(2, 'this-chat', { scope: 7 }),
      connectionOf(2, 'another-chat', { scope: 8 }),
      connectionOf(2, 'another-chat-and-joined', { scope: 8, joined: new Set([7]) }),
      connectionOf(3, 'lease-over', { leaseUntil: 59 }),
      connectionOf(4, 'not-a-member'),
      connectionOf(1, 'caused-it'),
    ],
  });
  await publish([{ chatId: 7, to: [1, 2, 3], event, except: 'caused-it' }], effects);
  assert.deepEqual(sent(), [
    'all-chats user_joined',
    'another-chat-and-joined user_joined',
    'this-chat user_joined',
  ]);
});

test('one request finds the connections of a full group, and one text serves them all', async () => {
  const connections = Array.from({ length: 100 }, (_, index) => connectionOf(index + 1, `c${index}`));
  const { effects, posts, requests } = fakeConnections({ connections });
  await publish(
    [
      newMessageEvent(
        message,
        connections.map(({ userId }) => userId),
        unblocked(),
      ),
    ],
    effects,
  );
  assert.deepEqual(requests, ['find 100']);
  assert.equal(posts.length, 100);
  assert.equal(new Set(posts.map(({ data }) => data)).size, 1);
});

test('a post that hangs delays no other one', async () => {
  let release = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { effects, posts } = fakeConnections({
    post: async (connectionId) => {
      if (connectionId === 'slow') await hanging;
      return 'delivered' as const;
    },
  });
  const done = broadcast(
    [connectionOf(1, 'slow'), connectionOf(2, 'quick'), connectionOf(3, 'quick-too')],
    event,
    effects,
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    posts.map(({ connectionId }) => connectionId),
    ['slow', 'quick', 'quick-too'],
  );
  release();
  await done;
});

test('the lease of a connection that is gone ends, unless it is only just opening', async () => {
  const { effects, registered } = fakeConnections({
    connections: [connectionOf(1, 'old'), connectionOf(2, 'opening', { connectedAtMs: 59_000 })],
    post: () => 'gone',
  });
  await broadcast([...registered.values()], event, effects);
  const leases = [...registered.values()].map(({ leaseUntil }) => leaseUntil);
  assert.deepEqual(leases, [60, 1e12]);
});

test('a failing store or post never fails what has happened', async () => {
  const { effects } = fakeConnections({ connections: [connectionOf(2, 'a')], post: () => 'failed' });
  await publish([newMessageEvent(message, [1, 2], unblocked([1, 2]))], effects);
  const broken = {
    ...effects,
    connections: {
      ...effects.connections,
      findByUsers: () => Promise.reject(new Error('DynamoDB is away')),
    },
  };
  await publish(
    [newMessageEvent(message, [1, 2], unblocked([1, 2])), { chatId: 7, to: [1, 2], event }],
    broken,
  );
});

test('an event that cannot be made for its receivers keeps no other one from them', async () => {
  const { effects, sent } = fakeConnections({ connections: [connectionOf(2, 'a')] });
  const rendered = {
    type: 'chat_updated' as const,
    render: () => Promise.reject(new Error('MySQL is away')),
  };
  await publish(
    [
      { chatId: 7, to: [2], rendered },
      { chatId: 7, to: [2], event },
    ],
    effects,
  );
  assert.deepEqual(sent(), ['a user_joined']);
});

test('an event that is made for its receivers is made for those who are there, and for each', async () => {
  const { effects, posts } = fakeConnections({
    connections: [connectionOf(1, 'a'), connectionOf(2, 'b'), connectionOf(3, 'elsewhere', { scope: 8 })],
  });
  const asked: (readonly number[])[] = [];
  const rendered = {
    type: 'user_left' as const,
    render: async (userIds: readonly number[]) => {
      asked.push(userIds);
      // Two is in the chat no more.
      return new Map([[1, { type: 'user_left' as const, chat_id: 7, user_id: 1 }]]);
    },
  };
  await publish([{ chatId: 7, to: [1, 2, 3, 4], rendered }], effects);
  assert.deepEqual(asked, [[1, 2]]);
  assert.deepEqual(
    posts.map(({ connectionId }) => connectionId),
    ['a'],
  );
});

test('a message ends its sender’s typing for the others', async () => {
  const { effects, registered, sent } = fakeConnections({
    connections: [
      connectionOf(1, 'typist', { typing: new Map([[7, 70_000]]) }),
      connectionOf(1, 'second-device'),
      connectionOf(2, 'reader'),
    ],
  });
  await publish([newMessageEvent(message, [1, 2], unblocked([1, 2]))], effects);
  assert.deepEqual(sent(), [
    'reader new_message',
    'reader typing_stopped',
    'second-device new_message',
    'typist new_message',
  ]);
  assert.equal(registered.get('typist')?.typing.size, 0);
});

test('an event too large for a frame goes without the content', () => {
  const clock = (): Date => new Date(0);
  const frame = (content: string) => ({
    type: 'new_message',
    chat_id: 7,
    message: { ...message, content },
  });
  const small = JSON.parse(encodeFrame(frame('a'.repeat(10_000)), clock)) as { message: Message };
  assert.equal(small.message.content?.length, 10_000);
  const text = encodeFrame(frame('🦋'.repeat(10_000)), clock);
  const large = JSON.parse(text) as { message: Message & { truncated?: boolean }; timestamp: string };
  assert.ok(Buffer.byteLength(text) <= 32 * 1024);
  assert.deepEqual([large.message.content, large.message.truncated], [null, true]);
  assert.equal(large.message.id, message.id);
  assert.equal(large.timestamp, '1970-01-01T00:00:00.000Z');

  const last = { ...message, content: '🦋'.repeat(10_000) };
  const shownChat = { type: 'chat_updated', chat: { id: 7, last_message: last } };
  const shown = encodeFrame(shownChat, clock);
  assert.ok(Buffer.byteLength(shown) <= 32 * 1024);
  const { chat } = JSON.parse(shown) as { chat: { id: number; last_message: typeof large.message } };
  assert.deepEqual([chat.id, chat.last_message.content, chat.last_message.truncated], [7, null, true]);
});

suite('a receiver with a device', () => {
  /** How an event that user 1 caused is queued for push. */
  const audienceOf = async (connections: readonly Connection[], withDevices: readonly number[]) => {
    const { effects } = fakeConnections({ connections, withDevices });
    const audiences: PushAudience[] = [];
    const notify = async (audience: PushAudience): Promise<void> => void audiences.push(audience);
    await publish([{ chatId: 7, to: [1, 2], event, subjectUserId: 1, notify }], effects);
    return audiences;
  };

  test('is away without a live connection that carries the chat', async () => {
    const isAway = async (connections: readonly Connection[]) => audienceOf(connections, [2]);
    assert.deepEqual(await isAway([connectionOf(2, 'a')]), [{ hasDevices: true, isAnyAway: false }]);
    for (const connection of [
      connectionOf(2, 'another-chat', { scope: 8 }),
      connectionOf(2, 'lease-over', { leaseUntil: 59 }),
    ]) {
      assert.deepEqual(await isAway([connection]), [{ hasDevices: true, isAnyAway: true }]);
    }
  });

  test('is none when the event is about them', async () => {
    assert.deepEqual(await audienceOf([], [1]), [{ hasDevices: false, isAnyAway: false }]);
  });
});
