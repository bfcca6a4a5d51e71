import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reapConnections, type ReapConnectionsEffects } from '../../functions/presence/reap-connections.ts';
import { connectionOf, fakeConnections } from '../support/fake-connections.ts';

test('ends what is dead, tells its chats, and goes on after one that fails', async () => {
  const dead = { joined: new Set([7]), typing: new Map([[7, 1000]]), leaseUntil: 60 };
  const fake = fakeConnections({
    connections: [
      connectionOf(1, 'broken', dead),
      connectionOf(2, 'dead', dead),
      connectionOf(3, 'live', { leaseUntil: 61, tokenExpiresAt: 1 }),
      connectionOf(3, 'silent', { leaseUntil: 61, tokenExpiresAt: 0 }),
    ],
  });
  const members = async (chatIds: readonly number[]) => new Map(chatIds.map((id) => [id, [2, 3]]));
  const effects: ReapConnectionsEffects = {
    ...fake.effects,
    connections: {
      ...fake.effects.connections,
      removeExpired: async (userId, connectionId, now) => {
        if (connectionId === 'broken') throw new Error('DynamoDB is away');
        return fake.effects.connections.removeExpired(userId, connectionId, now);
      },
    },
    participants: {
      findWitnessIdsOfChats: members,
      findUnblockedIdsOfChats: members,
    },
    users: { touchLastSeen: async () => undefined },
    scanConnections: async function* scan() {
      yield* fake.registered.values();
    },
  };
  assert.deepEqual(await reapConnections(effects), { examined: 4, ended: 1, expired: 1, failed: 1 });
  assert.deepEqual(fake.sent(), [
    'live typing_stopped',
    'live user_left',
    'silent error',
    'silent typing_stopped',
    'silent user_left',
  ]);
  assert.deepEqual([...fake.registered.keys()], ['broken', 'live', 'silent']);
  assert.deepEqual(fake.closed, ['dead', 'silent']);
  assert.deepEqual(fake.measured.at(-1), { ConnectionsEnded: 2 });
});
