import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdForCurrentWork } from '../../functions/platform/run-with-deadline.ts';
import { checkHealth } from '../../functions/system/check-health.ts';

test('a store that does not respond is unreachable, and what its read holds is released', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let released = false;
  const checked = checkHealth({
    users: {
      findActiveIds: () => {
        holdForCurrentWork().markAcquired(() => (released = true));
        return new Promise(() => undefined);
      },
    },
    contents: { findMany: async () => new Map() },
    connections: { findByUsers: async () => Promise.reject(new Error('away')) },
  });
  t.mock.timers.tick(4000);
  assert.deepEqual(await checked, {
    status: 'unhealthy',
    mysql: 'unreachable',
    mongodb: 'connected',
    dynamodb: 'unreachable',
  });
  assert.ok(released);
});
