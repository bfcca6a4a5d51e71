import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import type { HistoryStep } from '../support/random-history.ts';
import { victims, type Step } from '../torture/schedule.ts';

/** Where the change of a route is tested in random order: in the histories that a client receives, and in torture. */
type Played =
  | { readonly history: HistoryStep; readonly torture: Step['do'] }
  | { readonly history?: HistoryStep; readonly torture?: Step['do']; readonly because: string };

const ofAccounts = { because: 'of an account and its sessions, and of no chat' };
const ofModerators = {
  because: 'to a chat it is a deletion; races.test.ts and moderation.test.ts have the rest',
};
const ofPushes = { because: 'of pushes alone: push.test.ts, and the sleepers of torture' };

/** Every route that may change data: a new route must be part of random tests, or state why it is not. */
const played: Readonly<Record<string, Played>> = {
  'register-user': ofAccounts,
  'update-own-profile': ofAccounts,
  'change-password': ofAccounts,
  'verify-email': ofAccounts,
  'request-verification': ofAccounts,
  'forgot-password': ofAccounts,
  'reset-password': ofAccounts,
  'start-totp': ofAccounts,
  'confirm-totp': ofAccounts,
  'stop-totp': ofAccounts,
  'log-in': ofAccounts,
  'refresh-session': { torture: 'sleep', ...ofAccounts },
  'log-out': ofAccounts,
  'end-session': ofAccounts,
  'issue-ticket': { torture: 'cut', ...ofAccounts },
  'delete-account': { torture: 'come-and-go', because: 'a history has no people to spare' },
  'set-avatar': { torture: 'picture', because: 'no event of a chat tells the picture of a user' },
  'remove-avatar': { torture: 'picture', because: 'no event of a chat tells the picture of a user' },
  'block-user': { history: 'user_blocked', torture: 'block' },
  'unblock-user': { history: 'user_unblocked', torture: 'unblock' },
  'create-chat': { history: 'chat_created', torture: 'come-and-go' },
  'update-chat': { history: 'chat_updated', torture: 'rename' },
  'leave-group': { history: 'participants_removed', torture: 'quit' },
  'add-participants': { history: 'participants_added', torture: 'add' },
  'remove-participant': { history: 'participants_removed', torture: 'remove' },
  'update-participant': { history: 'participant_updated', torture: 'promote' },
  'ban-user': { history: 'participants_removed', torture: 'ban' },
  'unban-user': { history: 'participants_added', torture: 'unban' },
  'create-invite': { history: 'participants_added', torture: 'invite' },
  'accept-invite': { history: 'participants_added', torture: 'invite' },
  'revoke-invite': { because: 'changes nobody’s chats: groups.test.ts' },
  'mark-read': { history: 'read_receipt', torture: 'read' },
  'send-message': { history: 'new_message', torture: 'attach' },
  'edit-message': { history: 'message_updated', torture: 'edit' },
  'delete-message': { history: 'message_deleted', torture: 'delete' },
  'restore-message': { history: 'message_restored', torture: 'restore' },
  'add-reaction': { history: 'reaction_added', torture: 'react' },
  'remove-reaction': { history: 'reaction_removed', torture: 'unreact' },
  'pin-message': { history: 'message_pinned', torture: 'pin' },
  'unpin-message': { history: 'message_unpinned', torture: 'unpin' },
  'create-attachment': { torture: 'attach', because: 'a file is nobody’s but its owner’s until it is sent' },
  'complete-attachment': {
    torture: 'attach',
    because: 'a file is nobody’s but its owner’s until it is sent',
  },
  'delete-attachment': { torture: 'attach', because: 'a file is nobody’s but its owner’s until it is sent' },
  'register-device': ofPushes,
  'remove-device': ofPushes,
  'set-chat-notifications': { history: 'chat_updated', torture: 'mute' },
  'set-notification-settings': ofPushes,
  sync: { torture: 'restart', because: 'it changes nothing' },
  'create-report': ofModerators,
  'resolve-report': ofModerators,
  'suspend-user': ofModerators,
  'lift-suspension': ofModerators,
  'receive-message': { history: 'new_message', torture: 'send' },
  'receive-read': { torture: 'read', because: 'does what mark-read does' },
  'receive-typing': { history: 'typing_started', torture: 'type' },
  'join-chat': { history: 'user_joined', torture: 'join' },
  'leave-chat': { history: 'user_left', torture: 'leave' },
  connect: { torture: 'cut', because: 'a history has one connection each' },
  disconnect: { torture: 'cut', because: 'a history has one connection each' },
  ping: { because: 'it changes nothing but a lease' },
  'reject-frame': { because: 'it changes nothing' },
};

test('what a route changes is played by chance, in histories and in torture, or there is a reason', () => {
  const changing = [...httpRoutes.filter(({ method }) => method !== 'GET'), ...webSocketRoutes];
  assert.deepEqual(Object.keys(played).toSorted(), changing.map(({ id }) => id).toSorted());
});

test('every function that torture invokes may be killed there', () => {
  const invoked = Object.keys(played).filter((id) => played[id]?.torture !== undefined);
  const killed = new Set<string>(victims);
  assert.deepEqual(
    invoked.filter((id) => !killed.has(id)),
    [],
  );
});
