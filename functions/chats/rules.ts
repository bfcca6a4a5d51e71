import type { LockedChat, Seat } from '../platform/mysql/locks.ts';

/**
 * Who may change a chat, and how. The store asks these rules under the chat's row lock, so that what they are told of
 * the chat holds until the change is made.
 */

/** What a user is in a chat. */
export type Role =
  | 'admin'
  | 'member'
  /** Has a seat, but the account was deactivated and is about to leave: counts as nobody, and may only leave. */
  | 'departing'
  /** Has no seat. */
  | 'nobody';

export type Action =
  /** Changes the chat's own fields. */
  | 'change'
  | 'add'
  /** Removes another user. */
  | 'remove'
  | 'remove_oneself'
  /** Leaves, which hands over to an heir where `remove_oneself` is refused. */
  | 'leave'
  | 'make_admin'
  /** Makes an admin, possibly oneself, a plain member. */
  | 'take_admin'
  /** Shows the actor a direct chat again that they have hidden. */
  | 'show';

/** What decides beside the actor's role. The target is whom the action is about: the actor, where it names nobody else. */
export interface ChatState {
  readonly chatType: 'direct' | 'group';
  readonly target: Role;
  /** Whether anybody with an active account is in the chat beside the target. */
  readonly othersRemain: boolean;
  /** Whether any of these is an admin. */
  readonly adminRemains: boolean;
}

type Answer =
  | 'allowed'
  /** The target is already what the action would make of it. */
  | 'unchanged'
  /** A direct chat cannot be left: it is hidden from the actor until the next message in it. */
  | 'hidden'
  | 'not_participant'
  | 'not_admin'
  /** The target is not in the chat. */
  | 'not_member'
  | 'last_admin';

const remove = ({ target }: ChatState) => (target === 'nobody' ? 'not_member' : 'allowed');

const removeAdminOneself = ({ othersRemain, adminRemains }: ChatState) =>
  othersRemain && !adminRemains ? 'last_admin' : 'allowed';

const makeAdmin = ({ target }: ChatState) => {
  if (target === 'admin') return 'unchanged';
  return target === 'member' ? 'allowed' : 'not_member';
};

const takeAdmin = ({ target, adminRemains }: ChatState) => {
  if (target === 'member') return 'unchanged';
  if (target !== 'admin') return 'not_member';
  return adminRemains ? 'allowed' : 'last_admin';
};

const outsiders = { departing: 'not_participant', nobody: 'not_participant' } as const;
const adminsOnly = { member: 'not_admin', ...outsiders } as const;

/** The answer by type of chat, action and role; a function where the rest of the state decides. */
const rules = {
  group: {
    change: { admin: 'allowed', ...adminsOnly },
    add: { admin: 'allowed', ...adminsOnly },
    remove: { admin: remove, ...adminsOnly },
    remove_oneself: { admin: removeAdminOneself, member: 'allowed', ...outsiders },
    leave: { admin: 'allowed', member: 'allowed', departing: 'allowed', nobody: 'not_participant' },
    make_admin: { admin: makeAdmin, ...adminsOnly },
    take_admin: { admin: takeAdmin, ...adminsOnly },
    show: { admin: 'unchanged', member: 'unchanged', ...outsiders },
  },
  // Nobody is an admin of a direct chat.
  direct: {
    change: { admin: 'not_admin', ...adminsOnly },
    add: { admin: 'not_admin', ...adminsOnly },
    remove: { admin: 'not_admin', ...adminsOnly },
    remove_oneself: { admin: 'hidden', member: 'hidden', ...outsiders },
    leave: { admin: 'hidden', member: 'hidden', departing: 'hidden', nobody: 'not_participant' },
    make_admin: { admin: 'not_admin', ...adminsOnly },
    take_admin: { admin: 'not_admin', ...adminsOnly },
    show: { admin: 'allowed', member: 'allowed', ...outsiders },
  },
} as const satisfies Record<
  ChatState['chatType'],
  Record<Action, Record<Role, Answer | ((state: ChatState) => Answer)>>
>;

type Answered<Rule> = Rule extends (state: ChatState) => infer Result ? Result : Rule;

/** What `may` answers to an action: `allowed`, or the outcome of the refused change. */
export type AnswerTo<A extends Action> = {
  [Type in keyof typeof rules]: Answered<(typeof rules)[Type][A][Role]>;
}[keyof typeof rules];

/** Whether a user of this role may do this in a chat in this state. */
export const may = <A extends Action>(role: Role, action: A, state: ChatState): AnswerTo<A> => {
  const rule: Answer | ((state: ChatState) => Answer) = rules[state.chatType][action][role];
  // The table's type says for each action which of the answers it has.
  return (typeof rule === 'function' ? rule(state) : rule) as AnswerTo<A>;
};

/** What a user is in a chat with these seats. */
export const roleOf = (seats: readonly Seat[], userId: number): Role => {
  const seat = seats.find((one) => one.userId === userId);
  if (seat === undefined) return 'nobody';
  if (!seat.isActive) return 'departing';
  return seat.isAdmin ? 'admin' : 'member';
};

/** Everybody's seat but the user's. */
export const seatsWithout = (seats: readonly Seat[], userId: number): Seat[] =>
  seats.filter((seat) => seat.userId !== userId);

const haveAdmin = (seats: readonly Seat[]): boolean => seats.some((seat) => seat.isAdmin && seat.isActive);

/** Whether a user may do this in a chat that is locked. @param targetId whom it is about, when not the actor */
export const mayIn = <A extends Action>(
  chat: Pick<LockedChat, 'type' | 'seats'>,
  actorId: number,
  action: A,
  targetId = actorId,
): AnswerTo<A> => {
  const rest = seatsWithout(chat.seats, targetId);
  return may(roleOf(chat.seats, actorId), action, {
    chatType: chat.type,
    target: roleOf(chat.seats, targetId),
    othersRemain: rest.some((seat) => seat.isActive),
    adminRemains: haveAdmin(rest),
  });
};

/**
 * Who becomes admin of a group that somebody has left: the longest-standing member with an active account, when no admin
 * remains.
 *
 * @param rest who remains, longest-standing first
 */
export const heirOf = (rest: readonly Seat[]): Seat | undefined =>
  haveAdmin(rest) ? undefined : rest.find((seat) => seat.isActive);

/** Whether a group may have so many members. */
export const fitsGroup = (members: number, membersMax: number): boolean => members <= membersMax;
