import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStats } from '../../functions/presence/get-stats.ts';
import { connectionOf } from '../support/fake-connections.ts';

test('the table of connections is read once in 30 s, however many ask', async () => {
  const connections = [
    connectionOf(1, 'phone'),
    connectionOf(1, 'laptop'),
    connectionOf(2, 'dead', { leaseUntil: 0 }),
  ];
  let scans = 0;
  let now = 1000;
  const getStats = createStats({
    clock: () => new Date(now),
    scanConnections: async function* () {
      scans += 1;
      yield* connections;
    },
  });
  assert.deepEqual(await Promise.all([getStats(), getStats()]), [
    { online_users: 1, total_connections: 2 },
    { online_users: 1, total_connections: 2 },
  ]);
  assert.equal(scans, 1);
  connections.push(connectionOf(3, 'new'));
  now += 29_999;
  assert.deepEqual(await getStats(), { online_users: 1, total_connections: 2 });
  assert.equal(scans, 1);
  now += 1;
  assert.deepEqual(await getStats(), { online_users: 2, total_connections: 3 });
});

test('a count that failed is not what the next one gets', async () => {
  let fails = true;
  const getStats = createStats({
    clock: () => new Date(1000),
    scanConnections: async function* () {
      if (fails) throw new Error('away');
      yield connectionOf(1, 'phone');
    },
  });
  await assert.rejects(getStats(), /away/);
  fails = false;
  assert.deepEqual(await getStats(), { online_users: 1, total_connections: 1 });
});
