import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AttributeValue, BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { batchGet } from '../../functions/platform/dynamodb.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { createConnectionStore } from '../../functions/presence/stores/connections.ts';
import { createSessionStore } from '../../functions/sessions/stores/sessions.ts';

type Key = Record<string, AttributeValue>;

/** A DynamoDB that returns the keys as items; the first `throttled` responses lack the last key. */
const throttling = (throttled: number) => {
  const requests: Key[][] = [];
  const client = {
    send: async ({ input }: BatchGetItemCommand) => {
      const [table = '', { Keys: keys = [] } = {}] = Object.entries(input.RequestItems ?? {})[0] ?? [];
      requests.push(keys);
      // Without it, a caller that asks for ever would keep the test from ending.
      if (requests.length > 50) throw new Error('Asked without bound');
      if (requests.length > throttled) return { Responses: { [table]: keys } };
      return {
        Responses: { [table]: keys.slice(0, -1) },
        UnprocessedKeys: { [table]: { Keys: keys.slice(-1) } },
      };
    },
  } as unknown as DynamoDBClient;
  return { client, requests };
};

const keys: Key[] = [1, 2, 3].map((id) => ({ user_id: { N: String(id) } }));

/** Pauses that take no time, and a record of their lengths. */
const noted = () => {
  const pauses: number[] = [];
  return { pauses, pause: async (ms: number) => void pauses.push(ms) };
};

suite('a batch of keys', () => {
  test('is one request without a pause when all are answered', async () => {
    const { client, requests } = throttling(0);
    const { pauses, pause } = noted();
    assert.deepEqual(await batchGet(client, 'table', keys, { ConsistentRead: true }, pause), keys);
    assert.deepEqual([requests.length, pauses.length], [1, 0]);
    assert.deepEqual(await batchGet(client, 'table', [], {}, pause), []);
    assert.equal(requests.length, 1, 'no keys, no request');
  });

  test('is asked again, after a pause, for those that were left', async () => {
    const { client, requests } = throttling(1);
    const { pauses, pause } = noted();
    assert.deepEqual(await batchGet(client, 'table', keys, {}, pause), keys);
    assert.deepEqual(requests, [keys, keys.slice(-1)]);
    assert.equal(pauses.length, 1);
  });

  test('is given up after five attempts, with longer and longer pauses', async () => {
    const { client, requests } = throttling(Infinity);
    const { pauses, pause } = noted();
    await assert.rejects(batchGet(client, 'table', keys, {}, pause), StoreUnavailableError);
    assert.equal(requests.length, 5);
    assert.equal(pauses.length, 4);
    for (const [index, ms] of pauses.entries()) assert.ok(ms >= 0 && ms <= 100 * 2 ** index, `${ms}`);
  });
});

suite('a look-up that DynamoDB throttles', () => {
  const lookUps: Record<string, (client: DynamoDBClient) => Promise<unknown>> = {
    'of connections': (client) =>
      createConnectionStore(
        () => client,
        () => 'connections',
      ).findByUsers([1, 2, 3]),
    'of sessions': (client) =>
      createSessionStore(
        () => client,
        () => 'sessions',
      ).findLive(
        ['a', 'b', 'c'].map((sessionId) => ({ userId: 1, sessionId })),
        0,
      ),
  };
  for (const [name, lookUp] of Object.entries(lookUps)) {
    test(`${name} ends after five requests`, async () => {
      const { client, requests } = throttling(Infinity);
      await assert.rejects(lookUp(client), StoreUnavailableError);
      assert.equal(requests.length, 5);
    });

    test(`${name} goes on when it was throttled once`, async () => {
      const { client, requests } = throttling(1);
      await lookUp(client);
      assert.deepEqual(
        requests.map(({ length }) => length),
        [3, 1],
      );
    });
  }
});
