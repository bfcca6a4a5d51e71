import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { createContentStore } from '../../functions/messages/stores/contents.ts';
import { askMongodb, mongodb } from '../../functions/platform/mongodb.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';

/**
 * A copy of the driver's class, which the driver does not export: the error of an operation that ended because the
 * socket of another one broke.
 */
class PoolClearedOnNetworkError extends MongoNetworkError {
  override get name(): string {
    return 'PoolClearedOnNetworkError';
  }
}

const asking = async (error: Error): Promise<never> =>
  askMongodb(
    async () => ({}) as Awaited<ReturnType<typeof mongodb>>,
    async () => {
      throw error;
    },
  );

test('an edit of a missing content is staged beside one that stores the content first', async () => {
  const tried: string[] = [];
  const messages = {
    updateOne: async (_filter: object, update: object, { upsert = false } = {}) => {
      tried.push(upsert ? 'insert' : Object.keys(update).join());
      if (upsert) throw new MongoServerError({ message: 'duplicate key', code: 11_000 });
      return { matchedCount: tried.length > 1 ? 1 : 0 };
    },
  };
  const contents = createContentStore(async () => messages as unknown as Awaited<ReturnType<typeof mongodb>>);
  const message = { chat_id: 1, message_id: 'm', sender_id: 1, timestamp: new Date(0) };
  await contents.stageEdit(message, { edit_id: 'e', content: 'second' });
  assert.deepEqual(tried, ['$push', 'insert', '$push']);
});

test('a server that is no primary, or shuts down, is away; one that refuses is not', async () => {
  const answer = (code: number) => asking(new MongoServerError({ message: 'an answer', code }));
  for (const code of [91, 189, 10_107, 11_600, 13_435, 14_031]) {
    await assert.rejects(answer(code), StoreUnavailableError, String(code));
  }
  await assert.rejects(answer(11_000), MongoServerError);
});

test('every error of the driver that is not an answer says that MongoDB is away', async () => {
  await assert.rejects(asking(new PoolClearedOnNetworkError('cleared')), StoreUnavailableError);
  await assert.rejects(asking(new MongoNetworkError('broken')), StoreUnavailableError);
  await assert.rejects(asking(new TypeError('a defect')), TypeError);
});

test('an operation that fails late closes no client but its own', async (t) => {
  const secrets = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ SecretString: 'mongodb://127.0.0.1:1/' }));
  });
  secrets.listen(0, '127.0.0.1');
  await once(secrets, 'listening');
  t.after(() => {
    secrets.closeAllConnections();
    secrets.close();
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    MONGODB_SECRET_ARN: 'arn',
    MONGODB_DATABASE: 'chat',
  });
  const { promise: failing, reject: fail } = Promise.withResolvers<never>();
  const first = await mongodb();
  const late = assert.rejects(
    askMongodb(mongodb, () => failing),
    StoreUnavailableError,
  );
  const broken = askMongodb(mongodb, async (messages) => {
    assert.equal(messages, first);
    throw new MongoNetworkError('broken');
  });
  await assert.rejects(broken, StoreUnavailableError);
  const second = await mongodb();
  assert.notEqual(second, first);
  fail(new MongoNetworkError('broken, too'));
  await late;
  assert.equal(await mongodb(), second);
});
