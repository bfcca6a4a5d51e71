import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packsOf, slicesOf } from '../../functions/platform/slices.ts';

test('slices and packs have all items in their order, each as many as it holds', () => {
  assert.deepEqual(slicesOf([1, 2, 3], 2), [[1, 2], [3]]);
  const own = (size: number): number => size;
  assert.deepEqual(packsOf([3, 4, 3, 1, 20, 9, 1], own, 10), [[3, 4, 3], [1], [20], [9, 1]]);
  assert.deepEqual(packsOf([], own, 10), []);
});
