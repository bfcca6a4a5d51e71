import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { createInvite } from '../../functions/invites/create-invite.ts';
import { previewInvite } from '../../functions/invites/preview-invite.ts';
import { revokeInvite } from '../../functions/invites/revoke-invite.ts';
import { unusableReasonAt } from '../../functions/invites/rules.ts';
import type { FoundInvite } from '../../functions/invites/stores/invites.ts';
import { tidyGroups } from '../../functions/invites/tidy-groups.ts';

const actor = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
const now = new Date('2026-01-31T12:00:00.000Z');
const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);

const found = (change: Partial<FoundInvite> = {}): FoundInvite => ({
  id: 3,
  code: 'q3Vf0kTzX2m9b1cLr7YpSg',
  created_by: 2,
  max_uses: null,
  uses: 0,
  expires_at: later(1),
  chat: { id: 7, name: 'A group', avatar_id: null, participant_count: 2 },
  inviter: { id: 2, username: 'grace', full_name: null, avatar_id: null, last_seen: null, is_hidden: false },
  isBanned: false,
  ...change,
});

const isError = (code: string) => (error: unknown) => error instanceof ServiceError && error.code === code;

test('an invitation can be used until it expires, and as often as it says', () => {
  const cases: [number | null, number, number, ReturnType<typeof unusableReasonAt>][] = [
    [null, 10_000, 1, undefined],
    [null, 0, 0, 'invite_expired'],
    [null, 0, -1, 'invite_expired'],
    [2, 1, 1, undefined],
    [2, 2, 1, 'invite_used_up'],
    // The older of the two reasons does not matter: it has expired.
    [2, 2, 0, 'invite_expired'],
  ];
  for (const [most, uses, left, over] of cases) {
    const invite = { max_uses: most, uses, expires_at: later(left) };
    assert.equal(unusableReasonAt(invite, now), over, JSON.stringify(invite));
  }
});

suite('a preview', () => {
  const preview = (invite: FoundInvite | undefined) =>
    previewInvite(actor, 'code', {
      invites: { find: async () => invite },
      connections: { findByUsers: async () => [] },
      clock: () => now,
    });

  test('shows the group and who invites', async () => {
    assert.deepEqual(await preview(found()), {
      chat: { id: 7, name: 'A group', participant_count: 2, avatar_url: null },
      inviter: {
        id: 2,
        username: 'grace',
        full_name: null,
        avatar_url: null,
        last_seen: null,
        online: false,
      },
    });
  });

  test('is refused when the invitation cannot be used', async () => {
    await assert.rejects(preview(undefined), isError('invite_not_found'));
    await assert.rejects(preview(found({ expires_at: now })), isError('invite_expired'));
    await assert.rejects(preview(found({ max_uses: 1, uses: 1 })), isError('invite_used_up'));
    await assert.rejects(preview(found({ isBanned: true })), isError('banned'));
  });
});

test('a code has 128 bits, and no two are the same', async () => {
  const codes = new Set<string>();
  for (let round = 0; round < 100; round += 1) {
    const { code, expires_at: expiresAt } = await createInvite(
      actor,
      7,
      { expires_in: 300 },
      {
        invites: {
          insert: async (_chatId, createdBy, invite) => ({
            outcome: 'inserted',
            invite: {
              code: invite.code,
              created_by: createdBy,
              max_uses: invite.maxUses,
              uses: 0,
              expires_at: invite.expiresAt,
            },
          }),
        },
        clock: () => now,
      },
    );
    assert.equal(expiresAt, '2026-01-31T12:05:00.000Z');
    assert.equal(Buffer.from(code, 'base64url').length, 16);
    codes.add(code);
  }
  assert.equal(codes.size, 100);
});

test('what cannot be made says why', async () => {
  for (const [outcome, code] of [
    ['not_participant', 'chat_not_found'],
    ['not_admin', 'not_group_admin'],
    ['too_many', 'too_many_invites'],
  ] as const) {
    const invites = { insert: async () => ({ outcome }) };
    await assert.rejects(
      createInvite(actor, 7, { expires_in: 300 }, { invites, clock: () => now }),
      isError(code),
    );
  }
});

test('for whoever is not in the group there is no invitation to revoke', async () => {
  const removed: string[] = [];
  const revoke = (role: 'admin' | 'member' | undefined, invite: FoundInvite | undefined = found()) =>
    revokeInvite(actor, 'code', {
      invites: {
        find: async () => invite,
        remove: async (code) => {
          removed.push(code);
          return true;
        },
      },
      participants: { findSeat: async () => role && { chatType: 'group', role, isActive: true } },
      clock: () => now,
    });
  await assert.rejects(revoke(undefined), isError('invite_not_found'));
  await assert.rejects(revoke('member'), isError('not_group_admin'));
  assert.deepEqual(removed, []);
  await revoke('admin');
  assert.deepEqual(removed, ['code']);
});

test('the job removes what has run out, batch by batch, and completes roles', async () => {
  const asked: [string, Date, number][] = [];
  const counts = { bans: [1000, 1000, 3], invites: [0] };
  const take = (kind: keyof typeof counts) => async (at: Date, limit: number) => {
    asked.push([kind, at, limit]);
    return counts[kind].shift() ?? assert.fail('asked once too often');
  };
  const report = await tidyGroups({
    invites: { removeExpired: take('invites') },
    bans: { removeEnded: take('bans') },
    completeRoles: async (isOver) =>
      isOver() ? assert.fail('it has just begun') : { repaired: 5, complete: true },
    clock: () => now,
  });
  assert.deepEqual(report, { invites: 0, bans: 2003, roles: 5, complete: true });
  assert.deepEqual(
    asked[0],
    ['invites', later(-30 * 86_400_000), 1000],
    'an expired one says so for a month',
  );
  assert.deepEqual(asked.at(-1), ['bans', now, 1000]);
});
