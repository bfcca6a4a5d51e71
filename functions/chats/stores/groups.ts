import { sql, type Kysely } from 'kysely';
import { findBlockedPairs } from '../../platform/mysql/blocks.ts';
import { lockChat, lockChats, lockUsers, type LockedChat } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { fitsGroup, heirOf, mayIn, seatsWithout } from '../rules.ts';
import { assertRoomForChats } from './chats-per-user.ts';
import {
  insertSeats,
  removeSeats,
  setHiddenAt,
  setSeatAdmin,
  type Blocked,
  type NotActive,
} from './seats.ts';

/** A change that was made, or had nothing to change. */
export interface GroupChanged {
  readonly outcome: 'changed';
  /** The `rev` that the change took; null when there was nothing to change. */
  readonly rev: number | null;
  /** Who was added or removed, became an admin or a plain member. */
  readonly userIds: readonly number[];
  /** Who is in the chat after the change. */
  readonly memberIds: readonly number[];
}

/** The outcome of a change of a group's name, of who is in the group, or of what they may do there. */
export type GroupChange =
  | GroupChanged
  | NotActive
  | Blocked
  | { readonly outcome: 'not_participant' | 'not_admin' | 'not_member' | 'last_admin' | 'group_full' };

/** A group after somebody left it. */
export interface GroupLeft {
  readonly chatId: number;
  readonly rev: number;
  /** Who is still in it. */
  readonly memberIds: readonly number[];
  /** Who became admin because no other was left, under a `rev` of its own. */
  readonly heir: { readonly userId: number; readonly rev: number } | null;
}

/**
 * Changes groups. Each request is one transaction, which asks the rules under the chat's row lock and takes the chat's
 * next `rev` when it changes something.
 */
export interface GroupStore {
  rename(chatId: number, actorId: number, name: string, at: Date): Promise<GroupChange>;
  /**
   * Adds active users to a group, all of them or none; whoever is in it already stays as they are.
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
   * Removes a user from a group; the last member out closes it. A direct chat is hidden from the actor when they remove
   * themselves.
   */
  removeParticipant(chatId: number, actorId: number, userId: number): Promise<GroupChange>;
  /** Makes a participant admin, or a plain member. */
  setAdmin(chatId: number, actorId: number, userId: number, isAdmin: boolean): Promise<GroupChange>;
  /**
   * Takes a user out of a group. The last admin hands over to the longest-standing member; the last member out closes
   * it. A direct chat is hidden from the user.
   *
   * @returns undefined when the user is not in the chat
   */
  leave(
    chatId: number,
    userId: number,
  ): Promise<{ readonly hidden: true } | { readonly hidden: false; readonly left: GroupLeft } | undefined>;
  /**
   * Takes a user out of at most `limit` groups, as `leave` does, in one transaction.
   *
   * @returns the groups, and whether the user may be in more of them
   */
  leaveGroups(
    userId: number,
    limit: number,
  ): Promise<{ readonly left: readonly GroupLeft[]; readonly hasMore: boolean }>;
}

/**
 * @param groupMembersMax how many members a group has at most
 * @param chatsPerUserMax how many chats a user is in at most
 */
export const createGroupStore = (
  db: () => Kysely<Database>,
  groupMembersMax: number,
  chatsPerUserMax: number,
): GroupStore => {
  /** Runs a change in a transaction that has locked the chat. */
  const underLock = (
    chatId: number,
    change: (transaction: Kysely<Database>, chat: LockedChat) => Promise<GroupChange>,
  ): Promise<GroupChange> =>
    inTransaction(db(), async (transaction) => {
      const chat = await lockChat(transaction, chatId);
      return chat === undefined ? { outcome: 'not_participant' } : change(transaction, chat);
    });

  return {
    rename: (chatId, actorId, name, at) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = mayIn(chat, actorId, 'rename');
        if (answer !== 'allowed') return { outcome: answer };
        if (chat.name === name) return unchanged(chat);
        await transaction
          .updateTable('chats')
          .set({ name, updated_at: sql<Date>`GREATEST(updated_at, ${at})` })
          .where('id', '=', chatId)
          .execute();
        const rev = await takeRev(transaction, chat);
        return { outcome: 'changed', rev, userIds: [], memberIds: membersOf(chat) };
      }),

    addParticipants: (chatId, actorId, userIds, at) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = mayIn(chat, actorId, 'add');
        if (answer !== 'allowed') return { outcome: answer };
        const notActive = await lockUsers(transaction, userIds);
        if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
        const present = new Set(membersOf(chat));
        const added = userIds.filter((id) => !present.has(id));
        if (!fitsGroup(present.size + added.length, groupMembersMax)) return { outcome: 'group_full' };
        if (added.length === 0) return unchanged(chat);
        // After the users are locked, which a block waits for.
        const blocked = await findBlockedPairs(transaction, actorId, added);
        if (blocked.length > 0) return { outcome: 'blocked', userIds: blocked };
        await assertRoomForChats(transaction, added, chatsPerUserMax);
        await insertSeats(
          transaction,
          added.map((userId) => ({
            chatId,
            userId,
            joinedAt: at,
            isAdmin: false,
            lastSeq: chat.lastSeq,
          })),
        );
        const rev = await takeRev(transaction, chat);
        return { outcome: 'changed', rev, userIds: added, memberIds: [...present, ...added] };
      }),

    removeParticipant: (chatId, actorId, userId) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = mayIn(chat, actorId, actorId === userId ? 'remove_oneself' : 'remove', userId);
        if (answer === 'hidden') {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { outcome: 'changed', rev: null, userIds: [], memberIds: [] };
        }
        if (answer !== 'allowed') return { outcome: answer };
        const memberIds = membersOf(chat).filter((id) => id !== userId);
        await removeSeats(transaction, [chatId], userId);
        if (memberIds.length === 0) await closeChats(transaction, [chatId]);
        const rev = await takeRev(transaction, chat);
        return { outcome: 'changed', rev, userIds: [userId], memberIds };
      }),

    setAdmin: (chatId, actorId, userId, isAdmin) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = mayIn(chat, actorId, isAdmin ? 'make_admin' : 'take_admin', userId);
        if (answer === 'unchanged') return unchanged(chat);
        if (answer !== 'allowed') return { outcome: answer };
        await setSeatAdmin(transaction, chatId, userId, isAdmin);
        const rev = await takeRev(transaction, chat);
        return { outcome: 'changed', rev, userIds: [userId], memberIds: membersOf(chat) };
      }),

    leave: (chatId, userId) =>
      inTransaction(db(), async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        if (chat === undefined) return undefined;
        const answer = mayIn(chat, userId, 'leave');
        if (answer === 'not_participant') return undefined;
        if (answer === 'hidden') {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { hidden: true };
        }
        const [left] = await leaveLocked(transaction, [chat], userId);
        return left && { hidden: false, left };
      }),

    leaveGroups: async (userId, limit) => {
      // The groups found here are looked at again under their locks. A deactivated account is put into no more of them.
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
        return leaveLocked(
          transaction,
          chats.filter((chat) => mayIn(chat, userId, 'leave') === 'allowed'),
          userId,
        );
      });
      return { left, hasMore: found.length === limit };
    },
  };
};

const membersOf = (chat: LockedChat): number[] => chat.seats.map((seat) => seat.userId);

const unchanged = (chat: LockedChat): GroupChanged => ({
  outcome: 'changed',
  rev: null,
  userIds: [],
  memberIds: membersOf(chat),
});

/** Takes a user out of locked groups, all of which the user is in. */
const leaveLocked = async (
  transaction: Kysely<Database>,
  groups: readonly LockedChat[],
  userId: number,
): Promise<GroupLeft[]> => {
  const left = groups.map(({ id: chatId, rev, seats }) => {
    const rest = seatsWithout(seats, userId);
    const heir = heirOf(rest);
    return {
      chatId,
      rev: rev + 1,
      memberIds: rest.map((seat) => seat.userId),
      heir: heir === undefined ? null : { userId: heir.userId, rev: rev + 2 },
    };
  });
  const idsOf = (some: readonly GroupLeft[]): number[] => some.map(({ chatId }) => chatId);
  const [handedOver, others] = [
    left.filter(({ heir }) => heir !== null),
    left.filter(({ heir }) => heir === null),
  ];
  await removeSeats(transaction, idsOf(left), userId);
  for (const { chatId, heir } of left) {
    if (heir !== null) await setSeatAdmin(transaction, chatId, heir.userId, true);
  }
  await takeRevs(transaction, idsOf(others), 1);
  await takeRevs(transaction, idsOf(handedOver), 2);
  await closeChats(transaction, idsOf(left.filter(({ memberIds }) => memberIds.length === 0)));
  return left;
};

/** Takes the next `rev`s of locked chats, for changes of their own fields or of who is in them and as what. */
const takeRevs = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  count: number,
): Promise<void> => {
  if (chatIds.length === 0) return;
  // In this order: MySQL assigns from left to right, and a later expression sees what an earlier one has set.
  await sql`
    UPDATE chats SET details_rev = rev + ${count}, rev = rev + ${count}
    WHERE id IN (${sql.join(chatIds)})`.execute(transaction);
};

/** As `takeRevs`, for one change of one chat. @returns the chat's next `rev` */
const takeRev = async (transaction: Kysely<Database>, chat: LockedChat): Promise<number> => {
  await takeRevs(transaction, [chat.id], 1);
  return chat.rev + 1;
};

const closeChats = async (transaction: Kysely<Database>, chatIds: readonly number[]): Promise<void> => {
  if (chatIds.length === 0) return;
  await transaction.updateTable('chats').set({ is_active: false }).where('id', 'in', chatIds).execute();
};
