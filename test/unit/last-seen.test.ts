import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { getOwnProfile } from '../../functions/users/get-own-profile.ts';
import { createLastSeenRecorder } from '../../functions/users/record-last-seen.ts';
import { setAvatar, type SetAvatarEffects } from '../../functions/users/set-avatar.ts';
import type { UserRow } from '../../functions/users/stores/users.ts';
import { updateOwnProfile, type UpdateProfileEffects } from '../../functions/users/update-own-profile.ts';
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

const unexpected = (): never => assert.fail('unexpected');

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

test('a changed profile shows it as the profile does, and a change succeeds while nobody knows who is online', async () => {
  process.env['MODERATORS'] = '';
  const user: UserRow = {
    id: 1,
    username: 'ada',
    email: 'ada@example.org',
    full_name: null,
    avatar_id: null,
    is_active: true,
    created_at: new Date(0),
    last_seen: new Date(1000),
    email_verified: true,
    totp_enabled: false,
  };
  const { effects: fake } = fakeConnections({ connections: [connectionOf(1, 'seen', { seenAtMs: 50_000 })] });
  const effects: UpdateProfileEffects & SetAvatarEffects = {
    ...fake,
    users: {
      findById: async () => user,
      findPasswordHash: unexpected,
      update: async () => 'updated',
      setAvatar: async () => ({ outcome: 'changed', replacedId: null }),
    },
    withinPasswordLimit: unexpected,
    withinEmailChangeLimit: unexpected,
    assertCode: unexpected,
    publishAvatar: async () => undefined,
    withdrawAvatar: async () => undefined,
  };
  const away: typeof effects = {
    ...effects,
    connections: {
      findByUsers: async () => Promise.reject(new StoreUnavailableError('dynamodb', new Error('away'))),
    },
  };
  const ada = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
  const { last_seen: shown } = await getOwnProfile(ada, effects);
  assert.equal(shown, new Date(50_000).toISOString());
  await assert.rejects(getOwnProfile(ada, away), StoreUnavailableError);
  const changes: ((some: typeof effects) => Promise<OwnProfile>)[] = [
    (some) => updateOwnProfile(ada, { full_name: 'Ada' }, some),
    (some) => setAvatar(ada, 'a', some),
  ];
  for (const change of changes) {
    assert.equal((await change(effects)).last_seen, shown);
    assert.equal((await change(away)).last_seen, new Date(1000).toISOString());
  }
});
