import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keepAlive } from '../../functions/presence/lease.ts';
import { createConnectionStore, type ConnectionStore } from '../../functions/presence/stores/connections.ts';
import { closeConnection } from '../../functions/presence/close-connection.ts';
import { endExpiredConnection } from '../../functions/presence/end-expired-connection.ts';
import { endPresence } from '../../functions/presence/end-presence.ts';
import { joinChat } from '../../functions/presence/join-chat.ts';
import { leaveChat } from '../../functions/presence/leave-chat.ts';
import { openConnection } from '../../functions/presence/open-connection.ts';
import { publish, type Outcome } from '../../functions/events/publish.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { reportTyping } from '../../functions/presence/report-typing.ts';
import { connectionOf, fakeConnections, unblocked } from '../support/fake-connections.ts';

const ada = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
const identity = (connectionId: string, scope: number | null = null, connectedAtMs = 50_000) => ({
  connectionId,
  connectedAtMs,
  scope,
});

/** Chat 7 with the users 1 and 2, the only chat. */
const presence = (options: Parameters<typeof fakeConnections>[0]) => {
  const fake = fakeConnections(options);
  const lastSeen: number[] = [];
  const members = async (chatIds: readonly number[]) =>
    new Map<number, number[]>(chatIds.filter((id) => id === 7).map((id) => [id, [1, 2]]));
  const effects = {
    ...fake.effects,
    participants: {
      findPresenceAudience: async (chatId: number) => (await members([chatId])).get(chatId),
      findUnblockedIds: async (chatId: number) => (await members([chatId])).get(chatId),
      findPresenceAudiences: members,
      findUnblockedIdsOfChats: members,
    },
    users: {
      touchLastSeen: async (id: number) => {
        lastSeen.push(id);
      },
    },
    assertSessionIsLive: async () => undefined,
  };
  /** Waits for a use and publishes its events, as the transport does. */
  const done = async <Result>(use: Promise<Outcome<Result>>): Promise<Result> => {
    const { result, events } = await use;
    await publish(events, effects);
    return result;
  };
  return { ...fake, effects, lastSeen, done };
};

test('the first connection that joins a chat is announced, the second is not', async () => {
  const { effects, done, sent } = presence({
    connections: [connectionOf(1, 'phone'), connectionOf(1, 'laptop'), connectionOf(2, 'grace')],
  });
  await done(joinChat(ada, identity('phone'), 7, effects));
  assert.deepEqual(sent(), ['grace user_joined', 'laptop user_joined']);
  await done(joinChat(ada, identity('laptop'), 7, effects));
  assert.equal(sent().length, 2);
});

test('only the last connection that leaves is announced', async () => {
  const joined = new Set([7]);
  const { effects, done, sent } = presence({
    connections: [
      connectionOf(1, 'phone', { joined }),
      connectionOf(1, 'laptop', { joined }),
      connectionOf(2, 'grace'),
    ],
  });
  await done(leaveChat(ada, identity('phone'), 7, effects));
  assert.deepEqual(sent(), []);
  await done(closeConnection({ userId: 1, connectionId: 'laptop' }, effects));
  assert.deepEqual(sent(), ['grace user_left', 'phone user_left']);
});

test('a connection that goes while its user is there on another device asks for nobody', async () => {
  const joined = new Set([7]);
  const { effects } = presence({
    connections: [connectionOf(1, 'phone', { joined }), connectionOf(1, 'laptop', { joined })],
  });
  const asked: (readonly number[])[] = [];
  const counting = {
    ...effects,
    participants: {
      ...effects.participants,
      findPresenceAudiences: async (chatIds: readonly number[]) => {
        asked.push(chatIds);
        return new Map<number, number[]>();
      },
    },
  };
  await closeConnection({ userId: 1, connectionId: 'phone' }, counting);
  await closeConnection({ userId: 1, connectionId: 'laptop' }, counting);
  assert.deepEqual(asked, [[], [7]]);
});

test('a connection that died keeps its user present until it is ended, which is told once', async () => {
  const joined = new Set([7]);
  const dead = connectionOf(1, 'dead', { joined, leaseUntil: 59 });
  const { effects, done, sent, closed } = presence({
    connections: [dead, connectionOf(1, 'phone', { joined }), connectionOf(2, 'grace')],
  });
  await done(closeConnection({ userId: 1, connectionId: 'phone' }, effects));
  assert.deepEqual(sent(), []);
  assert.deepEqual(await Promise.all([dead, dead].map((one) => done(endExpiredConnection(one, effects)))), [
    true,
    false,
  ]);
  assert.deepEqual(sent(), ['grace user_left']);
  assert.deepEqual(closed, ['dead']);
});

test('ending the lease of one connection keeps the item of the user, with all others, until they are over', async () => {
  const { effects } = presence({
    connections: [connectionOf(1, 'dead', { connectedAtMs: 0 })],
    post: () => 'gone',
  });
  const expiries: number[] = [];
  const client = {
    send: async ({ input }: UpdateItemCommand) => {
      expiries.push(Number(input.ExpressionAttributeValues?.[':expires_at']?.N));
      return {};
    },
  };
  const store = createConnectionStore(
    () => client as unknown as DynamoDBClient,
    () => 'connections',
  );
  const connections: ConnectionStore = {
    ...effects.connections,
    register: (connection) => store.register(connection),
    renewLease: (...given) => store.renewLease(...given),
  };
  const event = { type: 'user_left' as const, chat_id: 7, user_id: 2 };
  await publish([{ chatId: 7, to: [1], event }], { ...effects, connections });
  const gateway = { ...effects.gateway, isOpen: async () => false };
  await joinChat(ada, identity('closed'), 7, { ...effects, connections, gateway });
  await closeConnection(
    { userId: 1, connectionId: 'dead' },
    {
      ...effects,
      connections,
      participants: {
        ...effects.participants,
        findPresenceAudiences: async () => Promise.reject(new Error('MySQL is away')),
      },
    },
  );
  const THREE_HOURS = 3 * 60 * 60;
  assert.deepEqual(expiries, [60 + THREE_HOURS, 60 + 660 + THREE_HOURS, 60 + THREE_HOURS, 60 + THREE_HOURS]);
});

test('a connection that goes while MySQL is away is told of by the reaper, once MySQL is back', async () => {
  const { effects, done, registered, sent } = presence({
    connections: [connectionOf(1, 'phone', { joined: new Set([7]) }), connectionOf(2, 'grace')],
  });
  const phone = { userId: 1, connectionId: 'phone' };
  const away = {
    ...effects,
    participants: {
      ...effects.participants,
      findPresenceAudiences: async () => Promise.reject(new Error('MySQL is away')),
    },
  };
  await done(closeConnection(phone, away));
  assert.equal(registered.get('phone')?.leaseUntil, 60);
  await assert.rejects(endExpiredConnection(phone, away), /MySQL is away/);
  assert.deepEqual(sent(), []);
  assert.equal(await done(endExpiredConnection(phone, effects)), true);
  assert.deepEqual([sent(), registered.has('phone')], [['grace user_left'], false]);
});

test('a connection that renewed its lease in the meantime is not ended', async () => {
  const { effects, done, registered, closed } = presence({ connections: [connectionOf(1, 'phone')] });
  assert.equal(await done(endExpiredConnection({ userId: 1, connectionId: 'phone' }, effects)), false);
  assert.deepEqual([registered.has('phone'), closed], [true, []]);
});

test('a connection that goes while it types stops typing, and the user was last seen then', async () => {
  const { effects, done, sent, lastSeen } = presence({
    connections: [
      connectionOf(1, 'phone', { typing: new Map([[7, 61_000]]) }),
      connectionOf(1, 'laptop', { typing: new Map([[7, 59_000]]) }),
      connectionOf(2, 'grace'),
    ],
  });
  await done(closeConnection({ userId: 1, connectionId: 'laptop' }, effects));
  assert.deepEqual(sent(), []);
  await done(closeConnection({ userId: 1, connectionId: 'phone' }, effects));
  assert.deepEqual(sent(), ['grace typing_stopped']);
  assert.deepEqual(lastSeen, [1, 1]);
});

test('a handshake that is refused makes nobody present, and takes nobody’s coming', async () => {
  const { effects, done, registered, sent } = presence({ connections: [connectionOf(2, 'grace')] });
  const refusing = {
    ...effects,
    assertSessionIsLive: async () => {
      // Another device, whose session is live, opens in the same moment.
      await done(openConnection(ada, identity('laptop', 7), effects));
      throw new ServiceError('session_revoked');
    },
  };
  await assert.rejects(openConnection(ada, identity('phone', 7), refusing));
  assert.ok(sent().includes('grace user_joined'));
  assert.deepEqual([registered.has('phone'), registered.has('laptop')], [false, true]);
});

test('a connection for one chat joins it at once', async () => {
  const { effects, done, registered, sent } = presence({ connections: [connectionOf(2, 'grace')] });
  await done(openConnection(ada, identity('phone', 7), effects));
  assert.deepEqual(sent(), ['grace user_joined']);
  assert.deepEqual([...(registered.get('phone')?.joined ?? [])], [7]);
});

test('a connection for a chat that one is not in is refused and not registered', async () => {
  const { effects, registered } = presence({});
  await assert.rejects(
    openConnection(ada, identity('phone', 8), effects),
    (error) => error instanceof ServiceError && error.code === 'chat_not_found',
  );
  assert.equal(registered.size, 0);
});

test('a connection of a session that has ended by then is refused, and nobody hears of it', async () => {
  const { effects, registered, sent, closed } = presence({ connections: [connectionOf(2, 'grace')] });
  const revoked = {
    ...effects,
    assertSessionIsLive: async () => {
      assert.ok(registered.has('phone'), 'asked once it is registered');
      throw new ServiceError('session_revoked');
    },
  };
  await assert.rejects(openConnection(ada, identity('phone', 7), revoked), { code: 'session_revoked' });
  assert.deepEqual([registered.has('phone'), sent(), closed], [false, [], []]);
});

test('a handshake whose registration was made, and not answered, is checked and joins all the same', async () => {
  const { effects, done, registered, sent } = presence({
    connections: [connectionOf(2, 'grace'), connectionOf(1, 'phone')],
  });
  const revoked = {
    ...effects,
    assertSessionIsLive: async () => {
      throw new ServiceError('session_revoked');
    },
  };
  await done(openConnection(ada, identity('phone', 7), effects));
  assert.deepEqual([...(registered.get('phone')?.joined ?? [])], [7]);
  assert.deepEqual(sent(), ['grace user_joined']);
  await assert.rejects(openConnection(ada, identity('phone', 7), revoked), { code: 'session_revoked' });
  assert.equal(registered.has('phone'), false);
});

test('the eleventh device closes the oldest one', async () => {
  const connections = Array.from({ length: 10 }, (_, index) =>
    connectionOf(1, `c${index}`, { connectedAtMs: 1000 + ((index + 5) % 10) }),
  );
  const { effects, done, closed } = presence({ connections });
  await done(openConnection(ada, identity('eleventh'), effects));
  assert.deepEqual(closed, ['c5']);
});

test('connections whose lease is over do not count as devices', async () => {
  const connections = Array.from({ length: 10 }, (_, index) =>
    connectionOf(1, `c${index}`, { leaseUntil: 59 }),
  );
  const { effects, done, closed } = presence({ connections });
  await done(openConnection(ada, identity('eleventh'), effects));
  assert.deepEqual(closed, []);
});

test('a frame renews the lease once a minute', async () => {
  let now = 60_000;
  const { effects, registered, requests } = presence({
    connections: [connectionOf(1, 'lively', { leaseUntil: 61 })],
    now: () => new Date(now),
  });
  await keepAlive(ada, identity('lively', null, 0), effects);
  await keepAlive(ada, identity('lively', null, 0), effects);
  assert.equal(registered.get('lively')?.leaseUntil, 60 + 660);
  now += 60_000;
  await keepAlive(ada, identity('lively', null, 0), effects);
  assert.deepEqual(requests, ['renew lively', 'renew lively']);
  assert.equal(registered.get('lively')?.leaseUntil, 120 + 660);
});

test('in the first minute no function renews the lease that opening the connection made', async () => {
  let now = 60_000;
  const { effects, requests } = presence({
    connections: [connectionOf(1, 'fresh', { leaseUntil: 720 })],
    now: () => new Date(now),
  });
  await keepAlive(ada, identity('fresh', null, 60_000), effects);
  now += 59_999;
  await keepAlive(ada, identity('fresh', null, 60_000), effects);
  assert.deepEqual(requests, []);
});

test('a connection that is open and not registered registers itself by sending', async () => {
  const { effects, done, registered } = presence({});
  await keepAlive(ada, identity('forgotten', null, 0), effects);
  assert.equal(registered.get('forgotten')?.userId, 1);
  await done(joinChat(ada, identity('forgotten-too'), 7, effects));
  assert.deepEqual([...(registered.get('forgotten-too')?.joined ?? [])], [7]);
});

test('a frame that is handled after its connection has closed makes nobody present', async () => {
  const gone = ['phone', 'laptop', 'tablet'];
  const { effects, done, registered, sent } = presence({ connections: [connectionOf(2, 'grace')], gone });
  await done(openConnection(ada, identity('phone', 7), effects));
  await done(closeConnection({ userId: 1, connectionId: 'phone' }, effects));
  await done(leaveChat(ada, identity('phone', 7), 7, effects));
  await done(joinChat(ada, identity('laptop'), 7, effects));
  await keepAlive(ada, identity('tablet', 7, 0), effects);
  assert.deepEqual(sent(), ['grace user_joined', 'grace user_left']);
  for (const connectionId of gone) {
    assert.equal(registered.get(connectionId)?.leaseUntil, 60);
    assert.equal(await done(endExpiredConnection({ userId: 1, connectionId }, effects)), true);
  }
  assert.deepEqual(sent(), ['grace user_joined', 'grace user_left']);
});

test('a connection that closes while its last frame registers it is left to what removes it', async () => {
  const { effects, done, registered, sent } = presence({ connections: [connectionOf(2, 'grace')] });
  const phone = { userId: 1, connectionId: 'phone' };
  for (const isOpen of [true, false]) {
    const closing = {
      ...effects,
      gateway: {
        ...effects.gateway,
        isOpen: async () => {
          await closeConnection(phone, effects);
          return isOpen;
        },
      },
    };
    await done(joinChat(ada, identity('phone'), 7, closing));
    assert.equal(registered.has('phone'), false);
  }
  assert.deepEqual(sent(), []);
});

test('a connection that is open and lost its registration comes back by joining, whatever its scope', async () => {
  const { effects, done, registered, sent } = presence({ connections: [connectionOf(2, 'grace')] });
  await keepAlive(ada, identity('for-one-chat', 7, 0), effects);
  assert.deepEqual([registered.get('for-one-chat')?.scope, sent()], [7, []]);
  await done(leaveChat(ada, identity('for-one-chat', 7), 7, effects));
  assert.deepEqual(sent(), []);
  await done(joinChat(ada, identity('for-one-chat', 7), 7, effects));
  await done(closeConnection({ userId: 1, connectionId: 'for-one-chat' }, effects));
  assert.deepEqual(sent(), ['grace user_joined', 'grace user_left']);
});

test('typing is told to the others only', async () => {
  const { effects, done, registered, posts, sent } = presence({
    connections: [connectionOf(1, 'phone'), connectionOf(1, 'laptop'), connectionOf(2, 'grace')],
  });
  await done(reportTyping(ada, 'phone', { chat_id: 7, content: 'start' }, effects));
  assert.deepEqual(sent(), ['grace typing_started']);
  assert.equal((JSON.parse(posts[0]?.data ?? '{}') as { expires_in_ms: number }).expires_in_ms, 12_000);
  assert.equal(registered.get('phone')?.typing.get(7), 72_000);
  await done(reportTyping(ada, 'phone', { chat_id: 7, content: 'stop' }, effects));
  assert.deepEqual(sent(), ['grace typing_started', 'grace typing_stopped']);
  assert.equal(registered.get('phone')?.typing.size, 0);
});

test('typing in a chat that one is not in is refused', async () => {
  const { effects, posts } = presence({ connections: [connectionOf(2, 'grace')] });
  await assert.rejects(
    reportTyping(ada, 'phone', { chat_id: 8, content: 'start' }, effects),
    (error) => error instanceof ServiceError && error.code === 'chat_not_found',
  );
  assert.deepEqual(posts, []);
});

test('who is removed from a chat is present there no more, types no more, and hears nothing of it', async () => {
  const joined = new Set([7, 8]);
  const typing = new Map([
    [7, 61_000],
    [8, 61_000],
  ]);
  const { effects, registered, sent } = presence({
    connections: [
      connectionOf(1, 'phone', { joined }),
      connectionOf(1, 'laptop', { joined, typing }),
      connectionOf(1, 'tablet', { typing }),
      connectionOf(2, 'grace'),
    ],
  });
  const theirs = [...registered.values()].filter(({ userId }) => userId === 1);
  await publish(await endPresence(7, theirs, { ...effects, ...unblocked([2]) }), effects);
  assert.deepEqual(sent(), ['grace typing_stopped', 'grace user_left']);
  assert.deepEqual(
    [...registered.values()].map((own) => [[...own.joined], [...own.typing.keys()]]),
    [
      [[8], []],
      [[8], [8]],
      [[], [8]],
      [[], []],
    ],
  );
});
