import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as chats from '../../functions/chats/rules.ts';
import * as messages from '../../functions/messages/rules.ts';
import { mayPin } from '../../functions/pins/rules.ts';
import type { Seat } from '../../functions/platform/mysql/locks.ts';
import { markAfter } from '../../functions/reading/rules.ts';

/** Every combination of values of these fields. */
const combinations = <Fields extends Readonly<Record<string, readonly unknown[]>>>(
  fields: Fields,
): { [Name in keyof Fields]: Fields[Name][number] }[] =>
  Object.entries(fields).reduce<object[]>(
    (some, [name, values]) => some.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as { [Name in keyof Fields]: Fields[Name][number] }[];

const BOTH = [true, false] as const;

suite('who may change a chat', () => {
  const ROLES = ['admin', 'member', 'departing', 'nobody'] as const;
  const ACTIONS = [
    'change',
    'add',
    'remove',
    'remove_oneself',
    'leave',
    'make_admin',
    'take_admin',
    'show',
  ] as const;

  /** What is answered to an action in every state: one answer by role, or `depends`. */
  const tableOf = (chatType: 'direct' | 'group') =>
    Object.fromEntries(
      ACTIONS.map((action) => [
        action,
        ROLES.map((role) => {
          const states = combinations({
            chatType: [chatType],
            target: ROLES,
            othersRemain: BOTH,
            adminRemains: BOTH,
          });
          const answers = new Set(states.map((state) => chats.may(role, action, state)));
          return answers.size === 1 ? [...answers][0] : 'depends';
        }),
      ]),
    );

  test('of a group', () => {
    assert.deepEqual(tableOf('group'), {
      //               admin        member       departing          nobody
      change: /*   */ ['allowed', 'not_admin', 'not_participant', 'not_participant'],
      add: /*      */ ['allowed', 'not_admin', 'not_participant', 'not_participant'],
      remove: /*   */ ['depends', 'not_admin', 'not_participant', 'not_participant'],
      remove_oneself: ['depends', 'allowed', 'not_participant', 'not_participant'],
      leave: /*    */ ['allowed', 'allowed', 'allowed', 'not_participant'],
      make_admin: /**/ ['depends', 'not_admin', 'not_participant', 'not_participant'],
      take_admin: /**/ ['depends', 'not_admin', 'not_participant', 'not_participant'],
      show: /*     */ ['unchanged', 'unchanged', 'not_participant', 'not_participant'],
    });
  });

  test('of a direct chat', () => {
    assert.deepEqual(tableOf('direct'), {
      change: /*   */ ['not_admin', 'not_admin', 'not_participant', 'not_participant'],
      add: /*      */ ['not_admin', 'not_admin', 'not_participant', 'not_participant'],
      remove: /*   */ ['not_admin', 'not_admin', 'not_participant', 'not_participant'],
      remove_oneself: ['hidden', 'hidden', 'not_participant', 'not_participant'],
      leave: /*    */ ['hidden', 'hidden', 'hidden', 'not_participant'],
      make_admin: /**/ ['not_admin', 'not_admin', 'not_participant', 'not_participant'],
      take_admin: /**/ ['not_admin', 'not_admin', 'not_participant', 'not_participant'],
      show: /*     */ ['allowed', 'allowed', 'not_participant', 'not_participant'],
    });
  });

  test('depends, for an admin, on whom it is about and on who remains', () => {
    for (const state of combinations({
      chatType: ['group'] as const,
      target: ROLES,
      othersRemain: BOTH,
      adminRemains: BOTH,
    })) {
      const { target, othersRemain, adminRemains } = state;
      const lastAdmin = adminRemains ? 'allowed' : 'last_admin';
      assert.deepEqual(
        (['remove', 'remove_oneself', 'make_admin', 'take_admin'] as const).map((action) =>
          chats.may('admin', action, state),
        ),
        [
          target === 'nobody' ? 'not_member' : 'allowed',
          othersRemain ? lastAdmin : 'allowed',
          { admin: 'unchanged', member: 'allowed', departing: 'not_member', nobody: 'not_member' }[target],
          { admin: lastAdmin, member: 'unchanged', departing: 'not_member', nobody: 'not_member' }[target],
        ],
        JSON.stringify(state),
      );
    }
  });

  /** Every group of up to four seats. */
  const groups = Array.from({ length: 4 }, (_, count) =>
    combinations(
      Object.fromEntries(
        Array.from({ length: count + 1 }, (_, index) => [
          index,
          combinations({ userId: [index + 1], isAdmin: BOTH, isActive: BOTH }),
        ]),
      ),
    ).map((seats): Seat[] => Object.values(seats)),
  ).flat();

  const isManaged = (seats: readonly Seat[]): boolean => seats.some((seat) => seat.isAdmin && seat.isActive);
  const isPeopled = (seats: readonly Seat[]): boolean => seats.some((seat) => seat.isActive);

  /** The seats of a group after a change that is allowed. */
  const after = (seats: readonly Seat[], action: chats.Action, targetId: number): Seat[] => {
    const rest = chats.seatsWithout(seats, targetId);
    const withAdmin = (userId: number | undefined, isAdmin: boolean, some: readonly Seat[]): Seat[] =>
      some.map((seat) => (seat.userId === userId ? { ...seat, isAdmin } : seat));
    switch (action) {
      case 'remove':
      case 'remove_oneself':
        return rest;
      case 'leave':
        return withAdmin(chats.heirOf(rest)?.userId, true, rest);
      case 'make_admin':
      case 'take_admin':
        return withAdmin(targetId, action === 'make_admin', seats);
      case 'change':
      case 'add':
      case 'show':
        return [...seats];
    }
  };

  test('leaves no group without an admin that has one, whoever does what to whom', () => {
    assert.equal(groups.length, 4 + 16 + 64 + 256);
    for (const seats of groups.filter(isManaged)) {
      const users = [...seats.map(({ userId }) => userId), 9];
      for (const { actor, target, action } of combinations({
        actor: users,
        target: users,
        action: ACTIONS,
      })) {
        const isOwn = action === 'remove_oneself' || action === 'leave' || action === 'show';
        if (isOwn && actor !== target) continue;
        if (action === 'remove' && actor === target) continue;
        if (chats.mayIn({ type: 'group', seats }, actor, action, target) !== 'allowed') continue;
        const left = after(seats, action, target);
        assert.ok(
          isManaged(left) || !isPeopled(left),
          JSON.stringify({ seats, actor, action, target, left }),
        );
      }
    }
  });

  test('gives a group that somebody leaves an admin, when it has none and anybody remains', () => {
    for (const seats of groups) {
      const left = after(seats, 'leave', 1);
      assert.equal(isManaged(left), isPeopled(left), JSON.stringify(seats));
      const heir = chats.heirOf(chats.seatsWithout(seats, 1));
      const firstActive = seats.find(({ userId, isActive }) => userId !== 1 && isActive);
      assert.ok(heir === undefined || heir === firstActive, 'the longest-standing member inherits');
    }
  });

  test('counts members up to the limit', () => {
    assert.deepEqual(
      [chats.fitsGroup(99, 100), chats.fitsGroup(100, 100), chats.fitsGroup(101, 100)],
      [true, true, false],
    );
  });
});

suite('who may change a message', () => {
  const ROLES = ['sender', 'admin', 'member', 'nobody'] as const;

  test('by what it is to them, and by the state that it is in', () => {
    for (const state of combinations({
      isDeleted: BOTH,
      isTooLate: BOTH,
      isStale: BOTH,
      isSame: BOTH,
    })) {
      const { isDeleted, isTooLate, isStale, isSame } = state;
      const answers = (kind: messages.ChangeKind) =>
        ROLES.map((role) => messages.mayChange(role, kind, state));
      const edit = isDeleted ? 'unchanged' : isStale ? 'stale' : isSame ? 'same' : 'allowed';
      const remove = isDeleted ? 'unchanged' : 'allowed';
      const restore = isDeleted ? (isTooLate ? 'too_late' : 'allowed') : 'unchanged';
      //                                     sender   admin          member         nobody
      assert.deepEqual(answers('edit'), [edit, 'not_allowed', 'not_allowed', 'not_participant']);
      assert.deepEqual(answers('delete'), [remove, remove, 'not_allowed', 'not_participant']);
      assert.deepEqual(answers('restore'), [restore, restore, 'not_allowed', 'not_participant']);
    }
  });

  test('and who may send one', () => {
    for (const state of combinations({
      chatType: ['direct', 'group'] as const,
      isRepeat: BOTH,
      isPeerGone: BOTH,
      isBlocked: BOTH,
      isForAdmins: BOTH,
      isTooSoon: BOTH,
      lacksTarget: BOTH,
    })) {
      const { chatType, isRepeat, isPeerGone, isBlocked, isForAdmins, isTooSoon, lacksTarget } = state;
      assert.equal(messages.maySend('nobody', state), 'not_participant');
      const isRefused = chatType === 'direct' && (isPeerGone || isBlocked);
      const last = lacksTarget ? 'reply_target_not_found' : 'allowed';
      const asAdmin = isRefused ? 'peer_unreachable' : last;
      const asMember = isForAdmins ? 'posting_not_allowed' : isTooSoon ? 'too_soon' : last;
      assert.equal(messages.maySend('admin', state), isRepeat ? 'duplicate' : asAdmin);
      assert.equal(
        messages.maySend('member', state),
        isRepeat ? 'duplicate' : isRefused ? 'peer_unreachable' : asMember,
      );
    }
  });

  test('a deletion can be taken back for 30 days, to the millisecond', () => {
    assert.deepEqual(
      messages.restorableSince(new Date('2026-01-31T12:00:00.000Z')),
      new Date('2026-01-01T12:00:00.000Z'),
    );
  });
});

test('a read mark never moves back, and never past the end', () => {
  for (const { mark, end, seq } of combinations({
    mark: [0, 1, 2, 3],
    end: [3, 4],
    seq: [0, 1, 2, 3, 4, 5],
  })) {
    const next = markAfter({ mark, end }, seq);
    assert.ok(next >= mark && next <= end);
    assert.equal(next === seq, seq >= mark && seq <= end);
  }
});

suite('who may pin a message', () => {
  const MOST = 2;
  const states = [
    ['plain', { isDeleted: false, isPinned: false, pinCount: 1 }],
    ['pinned', { isDeleted: false, isPinned: true, pinCount: MOST }],
    ['full', { isDeleted: false, isPinned: false, pinCount: MOST }],
    ['deleted', { isDeleted: true, isPinned: false, pinCount: 1 }],
  ] as const;
  const tableOf = (chatType: 'direct' | 'group') =>
    Object.fromEntries(
      (['pin', 'unpin'] as const).flatMap((kind) =>
        states.map(([name, state]) => [
          `${kind} ${name}`,
          (['admin', 'member', 'nobody'] as const).map((role) =>
            mayPin(kind, { role, chatType, ...state }, MOST),
          ),
        ]),
      ),
    );

  test('in a group', () => {
    assert.deepEqual(tableOf('group'), {
      //                 admin        member       nobody
      'pin plain': /*   */ ['allowed', 'not_admin', 'not_participant'],
      'pin pinned': /*  */ ['unchanged', 'not_admin', 'not_participant'],
      'pin full': /*    */ ['too_many', 'not_admin', 'not_participant'],
      'pin deleted': /* */ ['deleted', 'not_admin', 'not_participant'],
      'unpin plain': /* */ ['unchanged', 'not_admin', 'not_participant'],
      'unpin pinned': /**/ ['allowed', 'not_admin', 'not_participant'],
      'unpin full': /*  */ ['unchanged', 'not_admin', 'not_participant'],
      'unpin deleted': /**/ ['unchanged', 'not_admin', 'not_participant'],
    });
  });

  test('in a direct chat, where either side is as an admin', () => {
    assert.deepEqual(
      tableOf('direct'),
      Object.fromEntries(
        Object.entries(tableOf('group')).map(([name, [admin, , nobody]]) => [name, [admin, admin, nobody]]),
      ),
    );
  });
});
