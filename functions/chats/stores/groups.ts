import { isDeepStrictEqual } from 'node:util';
import { sql, type Kysely } from 'kysely';
import { exchangeAvatar, type AvatarRefusal } from '../../platform/mysql/avatars.ts';
import { findBlockedPairs } from '../../platform/mysql/blocks.ts';
import {
  lockChat,
  lockChats,
  lockUsers,
  takeRev,
  takeRevs,
  type ChatSettings,
  type SeatRole,
} from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { fitsGroup, heirOf, decideInLockedChat, chatRoleOf, seatsWithout, type Action } from '../rules.ts';
import { findBanned } from './banned.ts';
import { assertRoomForChats } from './chats-per-user.ts';
import {
  leaveLockedGroups,
  membersOf,
  removeFromLockedGroup,
  addToLockedGroup,
  noChange,
  createRunUnderLock,
  type GroupChange,
  type GroupChanged,
  type GroupLeft,
} from './locked-groups.ts';
import { revokeInvitesOf } from './revoked-invites.ts';
import { setHiddenAt, setRoles } from './seats.ts';

/** What admits a user to a group (an invitation). Evaluated in the transaction that holds the group's row lock. */
export interface InviteGuard<Why> {
  /** Locks the invitation until the commit. @returns the reason for refusing it, if any */
  readonly lockAndCheck: (transaction: Kysely<Database>) => Promise<Why | undefined>;
  /** Counts one use of the invitation. */
  readonly countUse: (transaction: Kysely<Database>) => Promise<void>;
}

/** The changes to a group's own fields; undefined fields stay unchanged. */
export type SettingsChange = { readonly [Name in keyof ChatSettings]?: ChatSettings[Name] | undefined };

/** The result of a change to a group's own fields, including a change that had nothing to do. */
export interface SettingsChanged extends GroupChanged {
  /**
   * The attachment id of the avatar that was replaced; null when the change did not concern the avatar or the group
   * had none.
   */
  readonly replacedAvatarId: string | null;
}

/** The outcome of a change to a group's own fields. */
export type SettingsChangeOutcome =
  SettingsChanged | { readonly outcome: AvatarRefusal | 'not_participant' | 'not_admin' };

/** The role that a participant is to get; `at least admin` leaves an owner unchanged. */
export type RoleChange = SeatRole | 'at least admin';

const ACTIONS = {
  owner: 'make_owner',
  admin: 'make_plain_admin',
  'at least admin': 'make_admin',
  member: 'make_member',
} as const satisfies Record<RoleChange, Action>;

/**
 * Changes groups. Each call is one transaction that evaluates the rules under the chat's row lock and takes the
 * chat's next `rev` when it changes something.
 */
export interface GroupStore {
  /** Changes the group's own fields, all of the given ones or none; undefined fields stay unchanged. */
  edit(chatId: number, actorId: number, change: SettingsChange, at: Date): Promise<SettingsChangeOutcome>;
  /**
   * Adds active users to a group, all of them or none; existing participants stay unchanged.
   *
   * @throws TooManyChatsError
   */
  addParticipants(
    chatId: number,
    actorId: number,
    userIds: readonly number[],
    at: Date,
  ): Promise<GroupChange>;
  /**
   * Adds a user to a group by an invitation. For a user who is in the group already this is a no-op and does not use
   * the invitation.
   *
   * @throws TooManyChatsError
   */
  join<Why>(
    chatId: number,
    userId: number,
    at: Date,
    invite: InviteGuard<Why>,
  ): Promise<GroupChange | { readonly outcome: 'not_admitted'; readonly why: Why }>;
  /**
   * Removes a user from a group. An owner hands over; the group closes when the last member is removed. When another
   * user removes them, the invitations that the removed user created are revoked. A direct chat is hidden from actors
   * who remove themselves.
   */
  removeParticipant(chatId: number, actorId: number, userId: number): Promise<GroupChange>;
  /**
   * Changes a participant's role. The owner hands over when they make another participant the owner or take another
   * role themselves. When another user makes them a member, the invitations that the participant created are revoked.
   */
  setRole(chatId: number, actorId: number, userId: number, role: RoleChange): Promise<GroupChange>;
  /**
   * Removes a user from a group. An owner hands over to the admin who joined first, else to the member who joined
   * first; the group closes when its last member leaves. A direct chat is hidden from the user.
   *
   * @returns undefined when the user is not in the chat
   */
  leave(
    chatId: number,
    userId: number,
  ): Promise<{ readonly hidden: true } | { readonly hidden: false; readonly left: GroupLeft } | undefined>;
  /**
   * Removes a user from at most `limit` groups, as `leave` does, in one transaction.
   *
   * @returns the groups, and whether the user may be in further groups
   */
  leaveGroups(
    userId: number,
    limit: number,
  ): Promise<{ readonly left: readonly GroupLeft[]; readonly hasMore: boolean }>;
}

/**
 * @param groupMembersMax the limit of members per group
 * @param chatsPerUserMax the limit of chats per user
 */
export const createGroupStore = (
  db: () => Kysely<Database>,
  groupMembersMax: number,
  chatsPerUserMax: number,
): GroupStore => {
  const underLock = createRunUnderLock(db);

  return {
    edit: (chatId, actorId, change, at) =>
      underLock<SettingsChangeOutcome>(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(chat, actorId, 'edit');
        if (answer !== 'allowed') return { outcome: answer };
        const { name, avatar_id, description, posting, slow_seconds } = {
          ...chat.settings,
          ...definedOf(change),
        };
        const settings = { name, avatar_id, description, posting, slow_seconds };
        if (isDeepStrictEqual(settings, chat.settings)) {
          return { ...noChange(chat), replacedAvatarId: null };
        }
        const before = chat.settings.avatar_id;
        const hasOtherAvatar = avatar_id !== before;
        if (hasOtherAvatar) {
          const exchanged = await exchangeAvatar(transaction, actorId, { from: before, to: avatar_id });
          if (exchanged !== 'exchanged') return { outcome: exchanged };
        }
        await transaction
          .updateTable('chats')
          .set({ ...settings, updated_at: sql<Date>`GREATEST(updated_at, ${at})` })
          .where('id', '=', chatId)
          .execute();
        const rev = await takeRev(transaction, chat, { details: true });
        const replacedAvatarId = hasOtherAvatar ? before : null;
        return {
          outcome: 'changed',
          rev,
          userIds: [],
          memberIds: membersOf(chat),
          handover: null,
          replacedAvatarId,
        };
      }),

    addParticipants: (chatId, actorId, userIds, at) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(chat, actorId, 'add');
        if (answer === 'banned') return { outcome: answer, userIds: [] };
        if (answer !== 'allowed') return { outcome: answer };
        const notActive = await lockUsers(transaction, userIds);
        if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
        const present = new Set(membersOf(chat));
        const added = userIds.filter((id) => !present.has(id));
        if (!fitsGroup(present.size + added.length, groupMembersMax)) return { outcome: 'group_full' };
        if (added.length === 0) return noChange(chat);
        const banned = await findBanned(transaction, chatId, added, at);
        if (decideInLockedChat(chat, actorId, 'add', actorId, banned.length > 0) === 'banned') {
          return { outcome: 'banned', userIds: banned };
        }
        // Reads the blocks after locking the users' rows: a concurrent block waits for these locks.
        const blocked = await findBlockedPairs(transaction, actorId, added);
        if (blocked.length > 0) return { outcome: 'blocked', userIds: blocked };
        await assertRoomForChats(transaction, actorId, added, chatsPerUserMax);
        return addToLockedGroup(transaction, chat, added, at);
      }),

    join: (chatId, userId, at, invite) =>
      inTransaction(db(), async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        if (chat === undefined) return { outcome: 'not_participant' };
        const notActive = await lockUsers(transaction, [userId]);
        if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
        const banned = await findBanned(transaction, chatId, [userId], at);
        const answer = decideInLockedChat(chat, userId, 'join', userId, banned.length > 0);
        if (answer === 'unchanged') return noChange(chat);
        if (answer === 'banned') return { outcome: answer, userIds: banned };
        if (answer !== 'allowed') return { outcome: answer };
        const why = await invite.lockAndCheck(transaction);
        if (why !== undefined) return { outcome: 'not_admitted', why };
        if (!fitsGroup(chat.seats.length + 1, groupMembersMax)) return { outcome: 'group_full' };
        await assertRoomForChats(transaction, userId, [userId], chatsPerUserMax);
        await invite.countUse(transaction);
        return addToLockedGroup(transaction, chat, [userId], at);
      }),

    removeParticipant: (chatId, actorId, userId) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(
          chat,
          actorId,
          actorId === userId ? 'remove_oneself' : 'remove',
          userId,
        );
        if (answer === 'hidden') {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { ...noChange(chat), memberIds: [] };
        }
        if (answer !== 'allowed') return { outcome: answer };
        if (actorId !== userId) await revokeInvitesOf(transaction, chatId, userId);
        return removeFromLockedGroup(transaction, chat, userId);
      }),

    setRole: (chatId, actorId, userId, role) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(chat, actorId, ACTIONS[role], userId);
        if (answer === 'unchanged') return noChange(chat);
        if (answer !== 'allowed') return { outcome: answer };
        const isOwner = chatRoleOf(chat.seats, userId) === 'owner';
        const heir = isOwner ? heirOf(seatsWithout(chat.seats, userId)) : undefined;
        const roles = new Map<number, SeatRole>([[userId, role === 'at least admin' ? 'admin' : role]]);
        if (heir !== undefined) roles.set(heir.userId, 'owner');
        if (role === 'owner') roles.set(actorId, 'admin');
        await setRoles(transaction, chatId, roles);
        if (role === 'member' && actorId !== userId) await revokeInvitesOf(transaction, chatId, userId);
        await takeRevs(transaction, [chatId], roles.size, { details: true });
        const other = [...roles.keys()].find((id) => id !== userId);
        return {
          outcome: 'changed',
          rev: chat.rev + 1,
          userIds: [userId],
          memberIds: membersOf(chat),
          handover: other === undefined ? null : { userId: other, rev: chat.rev + 2 },
        };
      }),

    leave: (chatId, userId) =>
      inTransaction(db(), async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        if (chat === undefined) return undefined;
        const answer = decideInLockedChat(chat, userId, 'leave');
        if (answer === 'not_participant') return undefined;
        if (answer === 'hidden') {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { hidden: true };
        }
        const [left] = await leaveLockedGroups(transaction, [chat], userId);
        return left && { hidden: false, left };
      }),

    leaveGroups: async (userId, limit) => {
      // This search takes no locks; the groups that it finds are checked again under their locks. A deactivated
      // account cannot be added to further groups meanwhile.
      const found = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .select('chats.id')
        .where('mine.user_id', '=', userId)
        .where('chats.chat_type', '=', 'group')
        .where('chats.is_active', '=', 1)
        .orderBy('mine.chat_id')
        .limit(limit)
        .execute();
      if (found.length === 0) return { left: [], hasMore: false };
      const left = await inTransaction(db(), async (transaction) => {
        const chats = await lockChats(
          transaction,
          found.map(({ id }) => id),
        );
        return leaveLockedGroups(
          transaction,
          chats.filter((chat) => decideInLockedChat(chat, userId, 'leave') === 'allowed'),
          userId,
        );
      });
      return { left, hasMore: found.length === limit };
    },
  };
};

const definedOf = (change: SettingsChange): Partial<ChatSettings> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
