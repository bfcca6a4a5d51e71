import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { joinChat } from '../../functions/presence/join-chat.ts';
import { leaveChat } from '../../functions/presence/leave-chat.ts';
import { publish } from '../../functions/events/publish.ts';
import { reportTyping } from '../../functions/presence/report-typing.ts';
import { connectionOf, fakeConnections } from '../support/fake-connections.ts';

const ada = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };

/** Ada on two devices and Grace, in chat 7; each frame comes with the second at which it is sent. */
const play = async (frames: readonly [second: number, device: string, frame: string][]) => {
  let now = 0;
  const fake = fakeConnections({
    connections: [connectionOf(1, 'phone'), connectionOf(1, 'laptop'), connectionOf(2, 'grace')],
    now: () => new Date(now),
  });
  const members = async () => new Map([[7, [1, 2]]]);
  const effects = {
    ...fake.effects,
    participants: {
      findPresenceAudience: async () => [1, 2],
      findUnblockedIds: async () => [1, 2],
      findPresenceAudiences: members,
      findUnblockedIdsOfChats: members,
    },
    users: { touchLastSeen: async () => undefined },
  };
  const heard: string[] = [];
  for (const [second, device, frame] of frames) {
    now = 1_000_000 + second * 1000;
    const before = fake.posts.length;
    const identity = { connectionId: device, connectedAtMs: 0, scope: null };
    const { events } =
      frame === 'join'
        ? await joinChat(ada, identity, 7, effects)
        : frame === 'leave'
          ? await leaveChat(ada, identity, 7, effects)
          : await reportTyping(ada, device, { chat_id: 7, content: frame as 'start' | 'stop' }, effects);
    await publish(events, effects);
    for (const { connectionId, data } of fake.posts.slice(before)) {
      if (connectionId === 'grace') heard.push(`${second} ${(JSON.parse(data) as { type: string }).type}`);
    }
  }
  return { heard, posts: fake.posts.length, registered: fake.registered };
};

suite('what says nothing new is told to nobody', () => {
  test('a start within three seconds of one that was told', async () => {
    const { heard } = await play([
      [0, 'phone', 'start'],
      [1, 'phone', 'start'],
      [2.9, 'phone', 'start'],
      [3, 'phone', 'start'],
      [11, 'phone', 'start'],
    ]);
    assert.deepEqual(heard, ['0 typing_started', '3 typing_started', '11 typing_started']);
  });

  test('whoever says it all the time is heard before the twelve seconds are over, from two devices too', async () => {
    for (const devices of [['phone'], ['phone', 'laptop']]) {
      const frames = Array.from(
        { length: 60 },
        (_, index) => [index / 2, devices[index % devices.length] ?? '', 'start'] as [number, string, string],
      );
      const { heard } = await play(frames);
      assert.deepEqual(
        heard,
        Array.from({ length: 10 }, (_, index) => `${index * 3} typing_started`),
      );
    }
  });

  test('a stop without a start, a second stop, and one while another device types on', async () => {
    const { heard } = await play([
      [0, 'phone', 'stop'],
      [1, 'phone', 'start'],
      [2, 'laptop', 'start'],
      [3, 'phone', 'stop'],
      [4, 'laptop', 'stop'],
      [5, 'laptop', 'stop'],
    ]);
    assert.deepEqual(heard, ['1 typing_started', '4 typing_stopped']);
  });

  test('a start after a stop is news, however soon', async () => {
    const { heard } = await play([
      [0, 'phone', 'start'],
      [1, 'phone', 'stop'],
      [1.1, 'phone', 'start'],
    ]);
    assert.deepEqual(heard, ['0 typing_started', '1 typing_stopped', '1.1 typing_started']);
  });

  test('a join of what is joined, and a leave of what is not', async () => {
    const { heard } = await play([
      [0, 'phone', 'leave'],
      [1, 'phone', 'join'],
      [2, 'phone', 'join'],
      [3, 'laptop', 'join'],
      [4, 'phone', 'leave'],
      [5, 'phone', 'leave'],
      [6, 'laptop', 'leave'],
    ]);
    assert.deepEqual(heard, ['1 user_joined', '6 user_left']);
  });
});

test('notes of typing that ended by itself do not pile up on a connection', async () => {
  let now = 1_000_000;
  const fake = fakeConnections({ connections: [connectionOf(1, 'phone')], now: () => new Date(now) });
  const effects = { ...fake.effects, participants: { findUnblockedIds: async () => [1] } };
  for (let chatId = 1; chatId <= 200; chatId += 1) {
    now += 1000;
    await reportTyping(ada, 'phone', { chat_id: chatId, content: 'start' }, effects);
  }
  assert.ok((fake.registered.get('phone')?.typing.size ?? 0) < 40);
});
