import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { withStoreDeadline } from '../../functions/transport/store-deadline.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('whoever waits for stores hears within six seconds that they are away', async () => {
  const waiting = withStoreDeadline(() => new Promise(() => undefined));
  const refused = assert.rejects(waiting, StoreUnavailableError);
  mock.timers.tick(5999);
  await refused;
});

test('work that is done in time keeps its result, and its error', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = withStoreDeadline(() => promise);
  mock.timers.tick(5000);
  resolve('done');
  assert.equal(await waiting, 'done');
  await assert.rejects(
    withStoreDeadline(() => Promise.reject(new RangeError('its own'))),
    RangeError,
  );
});

test('work that waits for more than stores has the time that its route says', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = withStoreDeadline(() => promise, 15_000);
  mock.timers.tick(14_999);
  resolve('done');
  assert.equal(await waiting, 'done');
});
