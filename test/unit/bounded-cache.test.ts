import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoundedCache } from '../../functions/platform/bounded-cache.ts';

test('a memory holds so many values, and forgets all of them when one more comes', () => {
  const memory = createBoundedCache<string, number>(2);
  const values = () => ['a', 'b', 'c'].map((key) => memory.get(key));
  memory.set('a', 1);
  memory.set('b', 2);
  memory.set('a', 3);
  assert.deepEqual(values(), [3, 2, undefined], 'another value of a key is not one more');
  memory.set('c', 4);
  assert.deepEqual(values(), [undefined, undefined, 4]);
  memory.delete('c');
  assert.deepEqual(values(), [undefined, undefined, undefined]);
});
