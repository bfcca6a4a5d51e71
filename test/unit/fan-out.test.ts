import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AttributeValue, BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Message } from '../../functions/contract/schemas.ts';
import type { BroadcastEffects } from '../../functions/events/broadcast.ts';
import { publish, type RenderedEvent } from '../../functions/events/publish.ts';
import { newMessageEvent } from '../../functions/messages/send-message.ts';
import { logger } from '../../functions/platform/logger.ts';
import { endPresence } from '../../functions/presence/end-presence.ts';
import { createConnectionStore, type Connection } from '../../functions/presence/stores/connections.ts';
import { connectionOf, fakeConnections, unblocked } from '../support/fake-connections.ts';

const MEMBERS = 1000;
const memberIds = Array.from({ length: MEMBERS }, (_, index) => index + 1);
/** A sender who is not among the first hundred members by id. */
const sender = 950;
const message = {
  id: 1,
  chat_id: 7,
  rev: 1,
  sender_id: sender,
  timestamp: '1970-01-01T00:00:59.970Z',
  reactions: [] as Message['reactions'],
} as Message;
const event = { type: 'user_joined', chat_id: 7, user_id: 1 } as const;

const oneEach = (fields: (userId: number) => Partial<Connection> = () => ({})): Connection[] =>
  memberIds.map((id) => connectionOf(id, `c${id}`, fields(id)));

/** A DynamoDB with `perUser` connections of each user, which records the number of keys per request. */
const fakeDynamodb = (perUser: number) => {
  const requests: number[] = [];
  const connection: AttributeValue = { M: { lease_until: { N: '1000000' }, connected_at_ms: { N: '0' } } };
  const client = {
    send: async ({ input }: BatchGetItemCommand) => {
      const keys = input.RequestItems?.['connections']?.Keys ?? [];
      requests.push(keys.length);
      const items = keys.map((key) => ({
        ...key,
        ...Object.fromEntries(
          Array.from({ length: perUser }, (_, n) => [`connection#${key['user_id']?.N}-${n}`, connection]),
        ),
      }));
      return { Responses: { connections: items } };
    },
  } as unknown as DynamoDBClient;
  const store = createConnectionStore(
    () => client,
    () => 'connections',
  );
  return { store, requests };
};

/** Collects the errors that are logged while `run` runs. */
const errorsOf = async (
  mock: { readonly method: typeof test.mock.method },
  run: () => Promise<void>,
): Promise<unknown[][]> => {
  const { mock: spy } = mock.method(logger, 'error', () => undefined);
  await run();
  spy.restore();
  return spy.calls.map((call) => call.arguments);
};

suite('an event in a group of a thousand', () => {
  test('takes ten requests to DynamoDB, and a hundred posts at a time', async () => {
    const { store, requests } = fakeDynamodb(3);
    let running = 0;
    let most = 0;
    const posted = new Set<string>();
    const { effects } = fakeConnections({});
    const gateway: BroadcastEffects['gateway'] = {
      ...effects.gateway,
      post: async (connectionId) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        posted.add(connectionId);
        return 'delivered';
      },
    };
    await publish([newMessageEvent(message, memberIds, unblocked(memberIds))], {
      ...effects,
      connections: store,
      gateway,
    });
    assert.deepEqual(
      requests,
      Array.from({ length: 10 }, () => 100),
    );
    assert.equal(posted.size, 3 * MEMBERS);
    assert.equal(most, 100);
  });

  test('leaves slice by slice: nobody is looked up before everyone found so far has been sent it', async () => {
    const { effects, posts } = fakeConnections({ connections: oneEach() });
    const postsAtLookUp: number[] = [];
    const connections = {
      ...effects.connections,
      findAudience: (userIds: readonly number[]) => {
        postsAtLookUp.push(posts.length);
        return effects.connections.findAudience(userIds);
      },
    };
    await publish([{ chatId: 7, to: memberIds, event }], { ...effects, connections });
    assert.deepEqual(
      postsAtLookUp,
      Array.from({ length: 10 }, (_, index) => 100 * index),
    );
  });

  test('is measured once', async () => {
    const { effects, measured } = fakeConnections({ connections: oneEach() });
    await publish([newMessageEvent(message, memberIds, unblocked(memberIds))], effects);
    assert.deepEqual(measured, [
      {
        MessagesSent: 1,
        Delivered: MEMBERS,
        PostFailures: 0,
        GoneConnections: 0,
        SendToDeliverMilliseconds: 30,
      },
    ]);
  });

  test('ends its sender’s typing for everyone else, with no look-up of its own', async () => {
    const { effects, requests, sent } = fakeConnections({
      connections: oneEach((id) => (id === sender ? { typing: new Map([[7, 70_000]]) } : {})),
    });
    await publish([newMessageEvent(message, memberIds, unblocked(memberIds))], effects);
    assert.equal(requests.length, 10);
    const stopped = sent().filter((line) => line.endsWith('typing_stopped'));
    assert.equal(new Set(stopped).size, MEMBERS - 1);
    assert.ok(!stopped.includes(`c${sender} typing_stopped`));
  });

  test('is followed by events for slices that have had it already, too', async () => {
    const { effects, sent } = fakeConnections({ connections: oneEach() });
    const following = { chatId: 7, to: memberIds, event: { ...event, type: 'user_left' as const } };
    await publish(
      [
        {
          chatId: 7,
          to: memberIds,
          event,
          updateConnections: async (found) =>
            found.some(({ userId }) => userId === sender) ? [following] : [],
        },
      ],
      effects,
    );
    const counted = Map.groupBy(sent(), (line) => line.split(' ')[1]);
    assert.deepEqual(
      ['user_joined', 'user_left'].map((type) => [
        counted.get(type)?.length,
        new Set(counted.get(type)).size,
      ]),
      [
        [MEMBERS, MEMBERS],
        [MEMBERS, MEMBERS],
      ],
    );
  });
});

suite('a slice that fails keeps nobody else from being told, and is logged once', () => {
  const slicesTold = (sent: readonly string[]): number[] =>
    [...new Set(sent.map((line) => Math.floor((Number(/^c(\d+) /.exec(line)?.[1]) - 1) / 100)))].toSorted(
      (a, b) => a - b,
    );

  test('when connections cannot be looked up', async ({ mock }) => {
    const { effects, sent } = fakeConnections({ connections: oneEach() });
    const connections = {
      ...effects.connections,
      findAudience: async (userIds: readonly number[]) => {
        if (userIds.includes(250) || userIds.includes(450)) throw new Error('DynamoDB is away');
        return effects.connections.findAudience(userIds);
      },
    };
    const logged = await errorsOf(mock, () =>
      publish(
        [
          { chatId: 7, to: memberIds, event },
          { chatId: 8, to: memberIds, event: { ...event, chat_id: 8 } },
        ],
        { ...effects, connections },
      ),
    );
    assert.deepEqual(slicesTold(sent()), [0, 1, 3, 5, 6, 7, 8, 9]);
    assert.equal(sent().length, 2 * 800);
    assert.equal(logged.length, 1);
    assert.equal((logged[0]?.[1] as { missed_users: number } | undefined)?.missed_users, 200);
  });

  test('when an event cannot be rendered for its receivers', async ({ mock }) => {
    const { effects, sent } = fakeConnections({ connections: oneEach() });
    const rendered: RenderedEvent = {
      type: 'user_joined',
      render: async (userIds) => {
        if (userIds.includes(250) || userIds.includes(450)) throw new Error('MySQL is away');
        return new Map(userIds.map((id) => [id, event]));
      },
    };
    const logged = await errorsOf(mock, () => publish([{ chatId: 7, to: memberIds, rendered }], effects));
    assert.deepEqual(slicesTold(sent()), [0, 1, 3, 5, 6, 7, 8, 9]);
    assert.equal(logged.length, 1);
    assert.equal((logged[0]?.[1] as { failures: number } | undefined)?.failures, 2);
  });
});

test('typing that cannot be ended is told to have ended all the same', async () => {
  const typing = new Map([[7, 70_000]]);
  const { effects, sent } = fakeConnections({
    connections: [connectionOf(1, 'typist', { typing }), connectionOf(2, 'reader')],
  });
  const connections = { ...effects.connections, stopTyping: () => Promise.reject(new Error('away')) };
  await publish([newMessageEvent({ ...message, sender_id: 1 }, [1, 2], unblocked([1, 2]))], {
    ...effects,
    connections,
  });
  assert.deepEqual(sent(), ['reader new_message', 'reader typing_stopped', 'typist new_message']);
});

test('a connection whose presence cannot be ended keeps no other from being told of', async () => {
  const joined = new Set([7]);
  const { effects, registered } = fakeConnections({
    connections: [connectionOf(1, 'broken', { joined }), connectionOf(2, 'phone', { joined })],
  });
  const connections = {
    leave: async (userId: number, connectionId: string, chatId: number) => {
      if (connectionId === 'broken') throw new Error('DynamoDB is away');
      return effects.connections.leave(userId, connectionId, chatId);
    },
  };
  const events = await endPresence(7, [...registered.values()], {
    ...effects,
    ...unblocked([3]),
    connections,
  });
  assert.deepEqual(
    events.map((publication) => 'event' in publication && publication.event),
    [{ type: 'user_left', chat_id: 7, user_id: 2 }],
  );
});
