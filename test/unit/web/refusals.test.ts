import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf } from '../../../lib/web/model/refusals.ts';

test('a chat takes no messages because of its settings, or of a block, and says no more than one may know', () => {
  const nothing = { hasBlockedPeer: false, isRefused: false };
  const group = { chat_type: 'group', posting: 'admins', is_admin: false } as const;
  const direct = { chat_type: 'direct', posting: 'everyone', is_admin: false } as const;
  assert.equal(refusalOf(group, nothing), 'onlyAdmins');
  assert.equal(refusalOf({ ...group, is_admin: true }, nothing), undefined);
  assert.equal(refusalOf({ ...group, posting: 'everyone' }, nothing), undefined);
  assert.equal(refusalOf(direct, nothing), undefined);
  assert.equal(refusalOf(direct, { hasBlockedPeer: false, isRefused: true }), 'cannotMessage');
  assert.equal(refusalOf(direct, { hasBlockedPeer: true, isRefused: true }), 'hasBlocked');
});
