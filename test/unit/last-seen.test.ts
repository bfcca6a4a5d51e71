import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { createLastSeenRecorder } from '../../functions/users/record-last-seen.ts';
import { keepAlive } from '../../functions/presence/lease.ts';
import { findPresences } from '../../functions/presence/find-presences.ts';
import { connectionOf, fakeConnections } from '../support/fake-connections.ts';

test('requests are noted at once, and then less than a minute apart', async () => {
  let now = 1_000_000;
  const written: string[] = [];
  const recordLastSeen = createLastSeenRecorder({
    clock: () => new Date(now),
    users: {
      touchLastSeen: async (id, at) => {
        written.push(`${id} ${at.getTime() - 1_000_000}`);
      },
    },
  });
  for (let second = 0; second <= 120; second += 1) {
    await Promise.all([recordLastSeen(1), recordLastSeen(1)]);
    now += 1000;
  }
  await recordLastSeen(2);
  assert.deepEqual(written, ['1 0', '1 50000', '1 100000', '2 121000']);
});

test('a note that fails breaks nothing, and is not tried with every request', async () => {
  let tries = 0;
  const recordLastSeen = createLastSeenRecorder({
    clock: () => new Date(1_000_000),
    users: {
      touchLastSeen: async () => {
        tries += 1;
        throw new StoreUnavailableError('mysql', new Error('away'));
      },
    },
  });
  await recordLastSeen(1);
  await recordLastSeen(1);
  assert.equal(tries, 1);
});

const lastSeenAt = async (fake: ReturnType<typeof fakeConnections>, storedMs: number | null) => {
  const presences = await findPresences([1], fake.effects);
  const text = presences.lastSeen({ id: 1, last_seen: storedMs === null ? null : new Date(storedMs) });
  return text === null ? null : Date.parse(text);
};

test('what connections last sent counts, at most a minute late, and never takes anything back', async () => {
  let now = 60_000;
  const fake = fakeConnections({
    connections: [
      connectionOf(1, 'seen', { seenAtMs: 50_000 }),
      connectionOf(1, 'gone', { seenAtMs: 55_000, leaseUntil: 0 }),
    ],
    now: () => new Date(now),
  });
  const ada = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
  assert.equal(await lastSeenAt(fake, 1000), 55_000);
  assert.equal(await lastSeenAt(fake, 59_000), 59_000);
  for (const connectionId of ['seen', 'gone']) {
    await keepAlive(ada, { connectionId, connectedAtMs: 0, scope: null }, fake.effects);
  }
  assert.equal(await lastSeenAt(fake, 1000), 60_000);
  now += 60_000;
  await keepAlive(ada, { connectionId: 'seen', connectedAtMs: 0, scope: null }, fake.effects);
  assert.equal(await lastSeenAt(fake, 1000), 120_000);
  // Who deactivated the account, and whoever never logged in, has none.
  assert.equal(await lastSeenAt(fake, null), null);
});
