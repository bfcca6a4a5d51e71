import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MongoServerError, type Collection } from 'mongodb';
import type { MessageDocument } from '../../functions/platform/mongodb.ts';
import { migrateMongodb } from '../../functions/migrations/mongodb.ts';

/** A collection that refuses a number of times before it creates its indexes. */
const refusing = (refusals: number, error: Error): Collection<MessageDocument> => {
  let left = refusals;
  const collection = {
    createIndexes: async () => {
      if (left === 0) return ['message_id_unique'];
      left -= 1;
      throw error;
    },
  };
  return collection as unknown as Collection<MessageDocument>;
};

const unknownUser = new MongoServerError({ code: 8000, errmsg: 'bad auth : Authentication failed.' });

suite('a migration by a user that Atlas has just been told of', () => {
  test('waits until Atlas knows it', async () => {
    const pauses: number[] = [];
    const names = await migrateMongodb(refusing(3, unknownUser), async (ms) => pauses.push(ms));
    assert.deepEqual(names, ['message_id_unique']);
    assert.deepEqual(pauses, [5000, 5000, 5000]);
  });

  test('gives up after two minutes', async () => {
    let waited = 0;
    const pause = async (ms: number) => (waited += ms);
    await assert.rejects(migrateMongodb(refusing(100, unknownUser), pause), unknownUser);
    assert.equal(waited, 120_000);
  });

  test('does not wait for what waiting does not help', async () => {
    const refused = new MongoServerError({ code: 8000, errmsg: 'user is not allowed to do action' });
    const pause = async () => assert.fail('it waited');
    await assert.rejects(migrateMongodb(refusing(1, refused), pause), refused);
  });
});
