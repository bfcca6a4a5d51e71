import type { LockedChat, Seat } from '../platform/mysql/locks.ts';

/**
 * Who may change a chat, and how. The store asks these rules under the chat's row lock, so that what they are told of
 * the chat holds until the change is made.
 */

/** What a user is in a chat. */
export type Role =
  /** One in every group; nobody owns a direct chat. */
  | 'owner'
  | 'admin'
  | 'member'
  /** Has a seat, but the account was deactivated and is about to leave: counts as nobody, and may only leave. */
  | 'departing'
  /** Has no seat. */
  | 'nobody';

export type Action =
  /** Changes the group's own fields. */
  | 'edit'
  | 'add'
  /** Removes another user. */
  | 'remove'
  | 'remove_oneself'
  /** Leaves, which hands over to an heir where `remove_oneself` is refused. */
  | 'leave'
  /** Makes an owner, who hands over by that. */
  | 'make_owner'
  /** Makes an admin, and leaves an owner what they are. */
  | 'make_admin'
  /** Makes an admin of whoever it is, of the owner too. */
  | 'make_plain_admin'
  /** Makes an admin or the owner, possibly oneself, a plain member. */
  | 'make_member'
  /** Bans somebody else, who is in the group or not. */
  | 'ban'
  | 'unban'
  | 'list_bans'
  /** Makes, lists and revokes invitations. */
  | 'invite'
  /** Comes in by an invitation. */
  | 'join'
  /** Shows the actor a direct chat again that they have hidden. */
  | 'show';

/** What decides beside the actor's role. The target is whom the action is about: the actor, where it names nobody else. */
export interface ChatState {
  readonly chatType: 'direct' | 'group';
  readonly target: Role;
  /** Whether the target is the actor. */
  readonly isOneself: boolean;
  /** Whether the target is banned; where several people are added, any of them. */
  readonly isBanned: boolean;
  /** Whether anybody with an active account is in the chat beside the target. */
  readonly othersRemain: boolean;
  /** Whether any of these is the owner or an admin. */
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
  /** Only the owner may do this to the target. */
  | 'not_owner'
  /** The target is not in the chat. */
  | 'not_member'
  | 'banned'
  | 'last_admin';

const add = ({ isBanned }: ChatState) => (isBanned ? 'banned' : 'allowed');

const removeAsOwner = ({ target }: ChatState) => (target === 'nobody' ? 'not_member' : 'allowed');

const isManager = (role: Role): boolean => role === 'owner' || role === 'admin';

const removeAsAdmin = ({ target }: ChatState) => {
  if (target === 'nobody') return 'not_member';
  return isManager(target) ? 'not_owner' : 'allowed';
};

const removeOneself = ({ othersRemain, adminRemains }: ChatState) =>
  othersRemain && !adminRemains ? 'last_admin' : 'allowed';

/** An owner who becomes anything else hands over to an admin. */
const stepDown = ({ adminRemains }: ChatState) => (adminRemains ? 'allowed' : 'last_admin');

const makeOwner = ({ target }: ChatState) => {
  if (target === 'owner') return 'unchanged';
  return target === 'admin' || target === 'member' ? 'allowed' : 'not_member';
};

const makeAdmin = ({ target }: ChatState) => {
  if (isManager(target)) return 'unchanged';
  return target === 'member' ? 'allowed' : 'not_member';
};

const makePlainAdminAsOwner = (state: ChatState) =>
  state.target === 'owner' ? stepDown(state) : makeAdmin(state);

const makePlainAdminAsAdmin = (state: ChatState) =>
  state.target === 'owner' ? 'not_owner' : makeAdmin(state);

const makeMemberAsOwner = (state: ChatState) => {
  if (state.target === 'owner') return stepDown(state);
  if (state.target === 'admin') return 'allowed';
  return state.target === 'member' ? 'unchanged' : 'not_member';
};

const makeMemberAsAdmin = (state: ChatState) => {
  if (isManager(state.target)) return state.isOneself ? stepDown(state) : 'not_owner';
  return state.target === 'member' ? 'unchanged' : 'not_member';
};

const banAsOwner = ({ target }: ChatState) => (target === 'owner' ? 'not_owner' : 'allowed');
const banAsAdmin = ({ target }: ChatState) => (isManager(target) ? 'not_owner' : 'allowed');

const outsiders = { departing: 'not_participant', nobody: 'not_participant' } as const;
const adminsOnly = { member: 'not_admin', ...outsiders } as const;
const admins = { owner: 'allowed', admin: 'allowed', ...adminsOnly } as const;
const ofGroups = { owner: 'not_admin', admin: 'not_admin', ...adminsOnly } as const;
const hide = { owner: 'hidden', admin: 'hidden', member: 'hidden' } as const;

/** The answer by type of chat, action and role; a function where the rest of the state decides. */
const rules = {
  group: {
    edit: admins,
    add: { owner: add, admin: add, ...adminsOnly },
    remove: { owner: removeAsOwner, admin: removeAsAdmin, ...adminsOnly },
    remove_oneself: { owner: removeOneself, admin: removeOneself, member: 'allowed', ...outsiders },
    leave: {
      owner: 'allowed',
      admin: 'allowed',
      member: 'allowed',
      departing: 'allowed',
      nobody: 'not_participant',
    },
    make_owner: { owner: makeOwner, admin: 'not_owner', member: 'not_owner', ...outsiders },
    make_admin: { owner: makeAdmin, admin: makeAdmin, ...adminsOnly },
    make_plain_admin: { owner: makePlainAdminAsOwner, admin: makePlainAdminAsAdmin, ...adminsOnly },
    make_member: { owner: makeMemberAsOwner, admin: makeMemberAsAdmin, ...adminsOnly },
    ban: { owner: banAsOwner, admin: banAsAdmin, ...adminsOnly },
    unban: admins,
    list_bans: admins,
    invite: admins,
    join: {
      owner: 'unchanged',
      admin: 'unchanged',
      member: 'unchanged',
      departing: 'not_participant',
      nobody: add,
    },
    show: { owner: 'unchanged', admin: 'unchanged', member: 'unchanged', ...outsiders },
  },
  // Everybody is a member of a direct chat.
  direct: {
    edit: ofGroups,
    add: ofGroups,
    remove: ofGroups,
    remove_oneself: { ...hide, ...outsiders },
    leave: { ...hide, departing: 'hidden', nobody: 'not_participant' },
    make_owner: ofGroups,
    make_admin: ofGroups,
    make_plain_admin: ofGroups,
    make_member: ofGroups,
    ban: ofGroups,
    unban: ofGroups,
    list_bans: ofGroups,
    invite: ofGroups,
    join: ofGroups,
    show: { owner: 'allowed', admin: 'allowed', member: 'allowed', ...outsiders },
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
  return seat.isActive ? seat.role : 'departing';
};

/** Everybody's seat but the user's. */
export const seatsWithout = (seats: readonly Seat[], userId: number): Seat[] =>
  seats.filter((seat) => seat.userId !== userId);

const isActing = ({ isActive, role }: Seat): boolean => isActive && role !== 'member';

/**
 * Whether a user may do this in a chat that is locked.
 *
 * @param targetId whom it is about, when not the actor
 * @param isBanned whether the target is banned
 */
export const mayIn = <A extends Action>(
  chat: Pick<LockedChat, 'type' | 'seats'>,
  actorId: number,
  action: A,
  targetId = actorId,
  isBanned = false,
): AnswerTo<A> => {
  const rest = seatsWithout(chat.seats, targetId);
  return may(roleOf(chat.seats, actorId), action, {
    chatType: chat.type,
    target: roleOf(chat.seats, targetId),
    isOneself: actorId === targetId,
    isBanned,
    othersRemain: rest.some((seat) => seat.isActive),
    adminRemains: rest.some(isActing),
  });
};

/** Whether somebody with this seat may look at what only some see of a chat. */
export const mayLook = (
  { chatType, role, isActive }: Omit<Seat, 'userId'> & { readonly chatType: ChatState['chatType'] },
  action: 'list_bans' | 'invite',
): AnswerTo<'list_bans' | 'invite'> => {
  const own = isActive ? role : 'departing';
  return may(own, action, {
    chatType,
    target: own,
    isOneself: true,
    isBanned: false,
    othersRemain: false,
    adminRemains: false,
  });
};

/**
 * Who becomes owner of a group whose owner leaves or steps down: the longest-standing admin with an active account, else
 * the longest-standing member with one. Undefined while an owner with an active account remains.
 *
 * @param rest who remains, longest-standing first
 */
export const heirOf = (rest: readonly Seat[]): Seat | undefined => {
  const active = rest.filter((seat) => seat.isActive);
  if (active.some(({ role }) => role === 'owner')) return undefined;
  return active.find(({ role }) => role === 'admin') ?? active[0];
};

/** Whether a group may have so many members. */
export const fitsGroup = (members: number, membersMax: number): boolean => members <= membersMax;

/**
 * In how many chats a user may at most come to be by what others do. The last quarter of the limit is for what users do
 * themselves: otherwise a stranger who makes groups with them, and leaves each, shuts them out of all new chats.
 *
 * @param chatsMax how many chats a user is in at most
 */
export const chatsFilledByOthersMax = (chatsMax: number): number =>
  Math.max(1, Math.floor((chatsMax * 3) / 4));
