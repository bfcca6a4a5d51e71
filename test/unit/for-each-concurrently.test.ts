import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { forEachConcurrently } from '../../functions/platform/for-each-concurrently.ts';

suite('work on each of many items', () => {
  test('is done once for every item, in order, at most so many at a time', async () => {
    const items = Array.from({ length: 10 }, (_, index) => index);
    const begun: number[] = [];
    let underWay = 0;
    let most = 0;
    await forEachConcurrently(3, items, async (item) => {
      begun.push(item);
      underWay += 1;
      most = Math.max(most, underWay);
      // Some take longer than others.
      for (let turns = 0; turns <= item % 4; turns += 1) await turn();
      underWay -= 1;
    });
    assert.deepEqual(begun, items);
    assert.deepEqual([most, underWay], [3, 0]);
  });

  test('is nothing for no items', async () => {
    await forEachConcurrently(3, [], () => assert.fail('There is nothing to work on'));
  });

  test('fails with the first error, and leaves no other rejection behind', async () => {
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await turn();
      if (item > 1) throw new Error(`${item} failed`);
    };
    await assert.rejects(forEachConcurrently(2, [1, 2, 3, 4], work), { message: '2 failed' });
    for (let turns = 0; turns < 5; turns += 1) await turn();
    assert.deepEqual(begun, [1, 2, 3], 'an error ends one of the two that work, and the next one the other');
  });
});
