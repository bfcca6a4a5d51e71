import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { closeConnections } from '../../functions/presence/end-connections.ts';
import { reapConnections, type ReapConnectionsEffects } from '../../functions/presence/reap-connections.ts';
import { createConnectionScan } from '../../functions/presence/stores/connection-scan.ts';
import { connectionOf, fakeConnections } from '../support/fake-connections.ts';

const reaping = (fake: ReturnType<typeof fakeConnections>): ReapConnectionsEffects => {
  const members = async (chatIds: readonly number[]) => new Map(chatIds.map((id) => [id, [2, 3]]));
  return {
    ...fake.effects,
    participants: { findPresenceAudiences: members, findUnblockedIdsOfChats: members },
    users: { touchLastSeen: async () => undefined },
    scanConnections: async function* scan() {
      yield* fake.registered.values();
    },
  };
};

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
  const effects: ReapConnectionsEffects = {
    ...reaping(fake),
    connections: {
      ...fake.effects.connections,
      removeExpired: async (userId, connectionId, now) => {
        if (connectionId === 'broken') throw new Error('DynamoDB is away');
        return fake.effects.connections.removeExpired(userId, connectionId, now);
      },
    },
  };
  assert.deepEqual(await reapConnections(effects), {
    examined: 4,
    ended: 1,
    expired: 1,
    failed: 1,
    complete: true,
  });
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

test('closes the connection of an ended session that was still opening when the session ended', async () => {
  const gone = ['opening'];
  const fake = fakeConnections({ connections: [connectionOf(1, 'opening'), connectionOf(1, 'open')], gone });
  await closeConnections(1, null, 'account_suspended', fake.effects);
  assert.deepEqual(fake.closed.splice(0).toSorted(), ['open', 'opening']);
  // Its $connect has returned: API Gateway knows it now, and no session is asked any more.
  gone.pop();
  assert.equal((await reapConnections(reaping(fake))).expired, 1);
  assert.deepEqual(fake.closed, ['opening']);
});

test('a connection that is gone for good is expired without an error', async () => {
  const fake = fakeConnections({ connections: [connectionOf(1, 'gone')], gone: ['gone'] });
  const connections = { ...fake.effects.connections, findByUsers: async () => [connectionOf(1, 'removed')] };
  await closeConnections(1, null, 'session_revoked', { ...fake.effects, connections });
  await closeConnections(1, ['another session'], 'session_revoked', fake.effects);
  assert.deepEqual(fake.closed, ['removed']);
  assert.equal((await reapConnections(reaping(fake))).expired, 0);
});

test('asks MySQL nothing while nobody’s lease is over: the job runs by the minute where MySQL pauses', async () => {
  const fake = fakeConnections({
    connections: [
      connectionOf(3, 'live', { leaseUntil: 61, tokenExpiresAt: 1 }),
      connectionOf(3, 'silent', { leaseUntil: 61, tokenExpiresAt: 0 }),
    ],
  });
  const ask = () => assert.fail('MySQL was asked');
  const report = await reapConnections({
    ...reaping(fake),
    participants: { findPresenceAudiences: ask, findUnblockedIdsOfChats: ask },
    users: { touchLastSeen: ask },
  });
  assert.deepEqual(report, { examined: 2, ended: 0, expired: 1, failed: 0, complete: true });
});

test('reads the connections page by page', async () => {
  const next = { user_id: { N: '1' } };
  const starts: unknown[] = [];
  const send = async ({ input }: ScanCommand) => {
    starts.push(input.ExclusiveStartKey);
    if (starts.length > 2) throw new Error('Asked without bound');
    return starts.length === 1 ? { LastEvaluatedKey: next } : {};
  };
  const scan = createConnectionScan(
    () => ({ send }) as unknown as DynamoDBClient,
    () => 'connections',
  );
  for await (const connection of scan()) assert.fail(connection.connectionId);
  assert.deepEqual(starts, [undefined, next]);
});
