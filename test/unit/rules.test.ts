import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as chats from '../../functions/chats/rules.ts';
import * as messages from '../../functions/messages/rules.ts';
import { mayPin } from '../../functions/pins/rules.ts';
import type { Seat } from '../../functions/platform/mysql/locks.ts';
import { advanceReadMark } from '../../functions/reading/rules.ts';

/** All combinations of the fields' values. */
const combinations = <Fields extends Readonly<Record<string, readonly unknown[]>>>(
  fields: Fields,
): { [Name in keyof Fields]: Fields[Name][number] }[] =>
  Object.entries(fields).reduce<object[]>(
    (some, [name, values]) => some.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as { [Name in keyof Fields]: Fields[Name][number] }[];

const BOTH = [true, false] as const;

suite('who may change a chat', () => {
  const ROLES = ['owner', 'admin', 'member', 'departing', 'nobody'] as const;
  const ACTIONS = [
    'edit',
    'add',
    'remove',
    'remove_oneself',
    'leave',
    'make_owner',
    'make_admin',
    'make_plain_admin',
    'make_member',
    'ban',
    'unban',
    'list_bans',
    'invite',
    'join',
    'show',
  ] as const;

  const statesOf = <Type extends 'direct' | 'group'>(chatType: Type) =>
    combinations({
      chatType: [chatType],
      target: ROLES,
      isOneself: BOTH,
      isBanned: BOTH,
      othersRemain: BOTH,
      adminRemains: BOTH,
    });

  /** What is answered to an action in every state: one answer by role, or `depends`. */
  const tableOf = (chatType: 'direct' | 'group') =>
    Object.fromEntries(
      ACTIONS.map((action) => [
        action,
        ROLES.map((role) => {
          const answers = new Set(statesOf(chatType).map((state) => chats.decide(role, action, state)));
          return answers.size === 1 ? [...answers][0] : 'depends';
        }),
      ]),
    );

  test('of a group', () => {
    const outsiders = ['not_participant', 'not_participant'];
    assert.deepEqual(tableOf('group'), {
      //                 owner        admin        member       departing, nobody
      edit: /*       */ ['allowed', 'allowed', 'not_admin', ...outsiders],
      add: /*        */ ['depends', 'depends', 'not_admin', ...outsiders],
      remove: /*     */ ['depends', 'depends', 'not_admin', ...outsiders],
      remove_oneself: /**/ ['depends', 'depends', 'allowed', ...outsiders],
      leave: /*      */ ['allowed', 'allowed', 'allowed', 'allowed', 'not_participant'],
      make_owner: /* */ ['depends', 'not_owner', 'not_owner', ...outsiders],
      make_admin: /* */ ['depends', 'depends', 'not_admin', ...outsiders],
      make_plain_admin: ['depends', 'depends', 'not_admin', ...outsiders],
      make_member: /**/ ['depends', 'depends', 'not_admin', ...outsiders],
      ban: /*        */ ['depends', 'depends', 'not_admin', ...outsiders],
      unban: /*      */ ['allowed', 'allowed', 'not_admin', ...outsiders],
      list_bans: /*  */ ['allowed', 'allowed', 'not_admin', ...outsiders],
      invite: /*     */ ['allowed', 'allowed', 'not_admin', ...outsiders],
      join: /*       */ ['unchanged', 'unchanged', 'unchanged', 'not_participant', 'depends'],
      show: /*       */ ['unchanged', 'unchanged', 'unchanged', ...outsiders],
    });
  });

  test('of a direct chat', () => {
    const nobody = ['not_admin', 'not_admin', 'not_admin', 'not_participant', 'not_participant'];
    const hidden = ['hidden', 'hidden', 'hidden'];
    assert.deepEqual(tableOf('direct'), {
      ...Object.fromEntries(ACTIONS.map((action) => [action, nobody])),
      remove_oneself: [...hidden, 'not_participant', 'not_participant'],
      leave: [...hidden, 'hidden', 'not_participant'],
      show: ['allowed', 'allowed', 'allowed', 'not_participant', 'not_participant'],
    });
  });

  test('depends, for the owner and for an admin, on whom it is about and on who remains', () => {
    for (const state of statesOf('group')) {
      const { target, isOneself, isBanned, othersRemain, adminRemains } = state;
      const stepDown = adminRemains ? 'allowed' : 'last_admin';
      const removal = othersRemain ? stepDown : 'allowed';
      const addition = isBanned ? 'banned' : 'allowed';
      /** Answers by what the target is: owner, admin, member, departing, nobody. */
      const by = (...answers: readonly string[]) => answers[ROLES.indexOf(target)];
      const expected = {
        add: [addition, addition],
        remove: [
          by('allowed', 'allowed', 'allowed', 'allowed', 'not_member'),
          by('not_owner', 'not_owner', 'allowed', 'allowed', 'not_member'),
        ],
        remove_oneself: [removal, removal],
        make_owner: [by('unchanged', 'allowed', 'allowed', 'not_member', 'not_member'), 'not_owner'],
        make_admin: [
          by('unchanged', 'unchanged', 'allowed', 'not_member', 'not_member'),
          by('unchanged', 'unchanged', 'allowed', 'not_member', 'not_member'),
        ],
        make_plain_admin: [
          by(stepDown, 'unchanged', 'allowed', 'not_member', 'not_member'),
          by('not_owner', 'unchanged', 'allowed', 'not_member', 'not_member'),
        ],
        make_member: [
          by(stepDown, 'allowed', 'unchanged', 'not_member', 'not_member'),
          isOneself
            ? by(stepDown, stepDown, 'unchanged', 'not_member', 'not_member')
            : by('not_owner', 'not_owner', 'unchanged', 'not_member', 'not_member'),
        ],
        ban: [
          by('not_owner', 'allowed', 'allowed', 'allowed', 'allowed'),
          by('not_owner', 'not_owner', 'allowed', 'allowed', 'allowed'),
        ],
      } as const;
      for (const [action, answers] of Object.entries(expected)) {
        assert.deepEqual(
          (['owner', 'admin'] as const).map((role) => chats.decide(role, action as chats.Action, state)),
          answers,
          JSON.stringify({ action, state }),
        );
      }
      assert.equal(chats.decide('nobody', 'join', state), addition);
    }
  });

  /** Every group of up to three seats, with at most one owner. */
  const groups = Array.from({ length: 3 }, (_, count) =>
    combinations(
      Object.fromEntries(
        Array.from({ length: count + 1 }, (_, index) => [
          index,
          combinations({
            userId: [index + 1],
            role: ['owner', 'admin', 'member'] as const,
            isActive: BOTH,
          }),
        ]),
      ),
    ).map((seats): Seat[] => Object.values(seats)),
  )
    .flat()
    .filter((seats) => seats.filter(({ role }) => role === 'owner').length <= 1);

  const isOwned = (seats: readonly Seat[]): boolean =>
    seats.some((seat) => seat.role === 'owner' && seat.isActive);
  const isManaged = (seats: readonly Seat[]): boolean =>
    seats.some((seat) => seat.role !== 'member' && seat.isActive);
  const isPeopled = (seats: readonly Seat[]): boolean => seats.some((seat) => seat.isActive);

  /** The seats of a group after a change that is allowed. */
  const after = (seats: readonly Seat[], action: chats.Action, targetId: number): Seat[] => {
    const rest = chats.seatsWithout(seats, targetId);
    const withRole = (userId: number | undefined, role: Seat['role'], some: readonly Seat[]): Seat[] =>
      some.map((seat) => {
        if (seat.userId === userId) return { ...seat, role };
        return role === 'owner' && userId !== undefined && seat.role === 'owner'
          ? { ...seat, role: 'admin' }
          : seat;
      });
    const stepped = (role: Seat['role']): Seat[] => {
      const wasOwner = seats.some((seat) => seat.userId === targetId && seat.role === 'owner');
      const heir = wasOwner ? chats.heirOf(rest)?.userId : undefined;
      return withRole(targetId, role, withRole(heir, 'owner', seats));
    };
    switch (action) {
      case 'remove':
      case 'remove_oneself':
      case 'ban':
      case 'leave':
        return withRole(chats.heirOf(rest)?.userId, 'owner', rest);
      case 'make_owner':
        return withRole(targetId, 'owner', seats);
      case 'make_admin':
      case 'make_plain_admin':
        return stepped('admin');
      case 'make_member':
        return stepped('member');
      default:
        return [...seats];
    }
  };

  test('leaves no group without an owner and an admin that has them, whoever does what to whom', () => {
    for (const seats of groups.filter(isManaged)) {
      const users = [...seats.map(({ userId }) => userId), 9];
      for (const { actor, target, action } of combinations({
        actor: users,
        target: users,
        action: ACTIONS,
      })) {
        const isOwn = ['remove_oneself', 'leave', 'show', 'join'].includes(action);
        if (isOwn && actor !== target) continue;
        if ((action === 'remove' || action === 'ban') && actor === target) continue;
        if (chats.decideInLockedChat({ type: 'group', seats }, actor, action, target) !== 'allowed') continue;
        const left = after(seats, action, target);
        const question = JSON.stringify({ seats, actor, action, target, left });
        assert.ok(isManaged(left) || !isPeopled(left), question);
        assert.ok(isOwned(left) || !isOwned(seats) || !isPeopled(left), question);
        assert.ok(left.filter(({ role }) => role === 'owner').length <= 1, question);
      }
    }
  });

  test('gives a group that somebody leaves an owner, when anybody remains: the longest-standing admin, else member', () => {
    for (const seats of groups) {
      const rest = chats.seatsWithout(seats, 1);
      const left = after(seats, 'leave', 1);
      assert.equal(isOwned(left), isPeopled(left), JSON.stringify(seats));
      const active = rest.filter(({ isActive }) => isActive);
      const first = active.find(({ role }) => role === 'admin') ?? active[0];
      const expected = isOwned(rest) ? undefined : first;
      assert.equal(chats.heirOf(rest), expected, JSON.stringify(seats));
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
      isRemoved: BOTH,
      isTooLate: BOTH,
      isStale: BOTH,
      isSame: BOTH,
    })) {
      const { isDeleted, isRemoved, isTooLate, isStale, isSame } = state;
      const answers = (kind: messages.ChangeKind) =>
        ROLES.map((role) => messages.mayChange(role, kind, state));
      const edit = isDeleted ? 'unchanged' : isStale ? 'stale' : isSame ? 'same' : 'allowed';
      const remove = isDeleted ? 'unchanged' : 'allowed';
      const restored = isRemoved ? 'removed' : isTooLate ? 'too_late' : 'allowed';
      const restore = isDeleted ? restored : 'unchanged';
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
    const next = advanceReadMark({ mark, end }, seq);
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
