import type { LockedChat, Seat } from '../platform/mysql/locks.ts';

/**
 * Rules for who may change a chat, and how. The store evaluates them under the chat's row lock, so that the state
 * that they decide on cannot change before the change is made.
 */

/** A user's role in a chat, including the roles of users who are not participants. */
export type ChatRole =
  /** Every group has exactly one; a direct chat has none. */
  | 'owner'
  | 'admin'
  | 'member'
  /**
   * Still a participant, but the account is deactivated and about to leave: treated like `nobody`, except that
   * leaving is allowed.
   */
  | 'departing'
  /** Not a participant. */
  | 'nobody';

export type Action =
  /** Changes the group's own fields. */
  | 'edit'
  | 'add'
  /** Removes another user. */
  | 'remove'
  | 'remove_oneself'
  /** Leaves. Where `remove_oneself` is refused, leaving hands over to an heir. */
  | 'leave'
  /** Makes another participant the owner; the actor becomes an admin. */
  | 'make_owner'
  /** Makes a participant at least an admin: an owner stays the owner. */
  | 'make_admin'
  /** Makes any participant an admin, an owner included. */
  | 'make_plain_admin'
  /** Makes an admin or the owner a plain member, possibly the actor themselves. */
  | 'make_member'
  /** Bans another user, whether or not they are in the group. */
  | 'ban'
  | 'unban'
  | 'list_bans'
  /** Creates, lists and revokes invitations. */
  | 'invite'
  /** Joins by an invitation. */
  | 'join'
  /** Shows a direct chat again that the actor has hidden. */
  | 'show';

/**
 * The state that decides besides the actor's role. The target is the user whom the action is about: the actor, unless
 * the action names another user.
 */
export interface ChatState {
  readonly chatType: 'direct' | 'group';
  readonly target: ChatRole;
  /** Whether the target is the actor. */
  readonly isOneself: boolean;
  /** Whether the target is banned; when several users are added, whether any of them is. */
  readonly isBanned: boolean;
  /** Whether the chat has participants with an active account besides the target. */
  readonly othersRemain: boolean;
  /** Whether any of these other participants is the owner or an admin. */
  readonly adminRemains: boolean;
}

type Answer =
  | 'allowed'
  /** The target already is what the action would make them. */
  | 'unchanged'
  /** A direct chat cannot be left: it is hidden from the actor until its next message. */
  | 'hidden'
  | 'not_participant'
  | 'not_admin'
  /** Only the owner may do this to the target; nobody may ban the owner. */
  | 'not_owner'
  /** The target is not in the chat. */
  | 'not_member'
  | 'banned'
  | 'last_admin';

const add = ({ isBanned }: ChatState) => (isBanned ? 'banned' : 'allowed');

const removeAsOwner = ({ target }: ChatState) => (target === 'nobody' ? 'not_member' : 'allowed');

const isManager = (role: ChatRole): boolean => role === 'owner' || role === 'admin';

const removeAsAdmin = ({ target }: ChatState) => {
  if (target === 'nobody') return 'not_member';
  return isManager(target) ? 'not_owner' : 'allowed';
};

const removeOneself = ({ othersRemain, adminRemains }: ChatState) =>
  othersRemain && !adminRemains ? 'last_admin' : 'allowed';

/** Lets an owner give up the role only when an admin remains to take over. */
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

/** The answer by chat type, action and role; a function where the rest of the state decides. */
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
  // Every participant of a direct chat has the role `member`.
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
  Record<Action, Record<ChatRole, Answer | ((state: ChatState) => Answer)>>
>;

type Answered<Rule> = Rule extends (state: ChatState) => infer Result ? Result : Rule;

/** What `decide` answers to an action: `allowed`, or the outcome of the refused change. */
export type AnswerTo<A extends Action> = {
  [Type in keyof typeof rules]: Answered<(typeof rules)[Type][A][ChatRole]>;
}[keyof typeof rules];

/** Whether a user of this role may do this in a chat in this state. */
export const decide = <A extends Action>(role: ChatRole, action: A, state: ChatState): AnswerTo<A> => {
  const rule: Answer | ((state: ChatState) => Answer) = rules[state.chatType][action][role];
  // The type of the table lists the possible answers of each action; the index access loses them.
  return (typeof rule === 'function' ? rule(state) : rule) as AnswerTo<A>;
};

/** The role of a user in a chat with these seats (rows of `chat_participants`). */
export const chatRoleOf = (seats: readonly Seat[], userId: number): ChatRole => {
  const seat = seats.find((one) => one.userId === userId);
  if (seat === undefined) return 'nobody';
  return seat.isActive ? seat.role : 'departing';
};

/** All seats except the user's. */
export const seatsWithout = (seats: readonly Seat[], userId: number): Seat[] =>
  seats.filter((seat) => seat.userId !== userId);

const isActing = ({ isActive, role }: Seat): boolean => isActive && role !== 'member';

/**
 * Whether a user may perform an action in a locked chat.
 *
 * @param targetId the user whom the action is about, when it is not the actor
 * @param isBanned whether the target is banned
 */
export const decideInLockedChat = <A extends Action>(
  chat: Pick<LockedChat, 'type' | 'seats'>,
  actorId: number,
  action: A,
  targetId = actorId,
  isBanned = false,
): AnswerTo<A> => {
  const rest = seatsWithout(chat.seats, targetId);
  return decide(chatRoleOf(chat.seats, actorId), action, {
    chatType: chat.type,
    target: chatRoleOf(chat.seats, targetId),
    isOneself: actorId === targetId,
    isBanned,
    othersRemain: rest.some((seat) => seat.isActive),
    adminRemains: rest.some(isActing),
  });
};

/** Whether a user with this seat may read what only some participants may see. For reads without a lock. */
export const decideRead = (
  { chatType, role, isActive }: Omit<Seat, 'userId'> & { readonly chatType: ChatState['chatType'] },
  action: 'list_bans' | 'invite',
): AnswerTo<'list_bans' | 'invite'> => {
  const own = isActive ? role : 'departing';
  return decide(own, action, {
    chatType,
    target: own,
    isOneself: true,
    isBanned: false,
    othersRemain: false,
    adminRemains: false,
  });
};

/**
 * The next owner of a group whose owner leaves or steps down: the active admin who joined first, else the active
 * member who joined first. Undefined while an owner with an active account remains.
 *
 * @param rest the remaining participants, earliest joined first
 */
export const heirOf = (rest: readonly Seat[]): Seat | undefined => {
  const active = rest.filter((seat) => seat.isActive);
  if (active.some(({ role }) => role === 'owner')) return undefined;
  return active.find(({ role }) => role === 'admin') ?? active[0];
};

/** Whether a group may have this many members. */
export const fitsGroup = (members: number, membersMax: number): boolean => members <= membersMax;

/**
 * Up to how many chats other users may bring a user. The last quarter of the limit is reserved for the user's own
 * actions: otherwise a stranger could create groups with the user, leave each, and so lock the user out of all new
 * chats.
 *
 * @param chatsMax the limit of chats per user
 */
export const chatsFilledByOthersMax = (chatsMax: number): number =>
  Math.max(1, Math.floor((chatsMax * 3) / 4));
