import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoNetworkError } from 'mongodb';
import { askMongodb } from '../../functions/platform/mongodb.ts';
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
  askMongodb(async () => {
    throw error;
  });

test('every error of the driver that is not an answer says that MongoDB is away', async () => {
  await assert.rejects(asking(new PoolClearedOnNetworkError('cleared')), StoreUnavailableError);
  await assert.rejects(asking(new MongoNetworkError('broken')), StoreUnavailableError);
  await assert.rejects(asking(new TypeError('a defect')), TypeError);
});
