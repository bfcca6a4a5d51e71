import type { Kysely } from 'kysely';
import { lockChat, takeRev, takeRevs, type LockedChat } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { heirOf, seatsWithout } from '../rules.ts';
import { insertSeats, removeSeats, setRoles, type BlockedOutcome, type NotActiveOutcome } from './seats.ts';

/* Steps of changes to groups, for transactions that hold the chat's row lock. */

/** The result of a change, including a change that had nothing to do. */
export interface GroupChanged {
  readonly outcome: 'changed';
  /** The `rev` that the change took; null when nothing changed. */
  readonly rev: number | null;
  /** The users who were added or removed, or whose role changed. */
  readonly userIds: readonly number[];
  /** The participants after the change. */
  readonly memberIds: readonly number[];
  /** The user who became the owner, or ceased to be it, as a consequence of the change; has a `rev` of its own. */
  readonly handover: RoleChanged | null;
}

/** A user whose role changed as a consequence of another change. */
export interface RoleChanged {
  readonly userId: number;
  readonly rev: number;
}

/** The outcome of a change to a group's own fields, its participants or their roles. */
export type GroupChange =
  | GroupChanged
  | NotActiveOutcome
  | BlockedOutcome
  /** These users are banned from the group. */
  | { readonly outcome: 'banned'; readonly userIds: readonly number[] }
  | {
      readonly outcome:
        'not_participant' | 'not_admin' | 'not_owner' | 'not_member' | 'last_admin' | 'group_full';
    };

/** A group after a user left it. */
export interface GroupLeft {
  readonly chatId: number;
  readonly rev: number;
  /** The remaining participants. */
  readonly memberIds: readonly number[];
  /** The user who became the owner; null when the ownership did not change. */
  readonly heir: RoleChanged | null;
}

/** Builds a function that runs changes in transactions which have locked their chat. */
export const createRunUnderLock =
  (db: () => Kysely<Database>) =>
  <Change = GroupChange>(
    chatId: number,
    change: (transaction: Kysely<Database>, chat: LockedChat) => Promise<Change>,
  ): Promise<Change | { readonly outcome: 'not_participant' }> =>
    inTransaction(db(), async (transaction) => {
      const chat = await lockChat(transaction, chatId);
      return chat === undefined ? { outcome: 'not_participant' } : change(transaction, chat);
    });

export const membersOf = (chat: LockedChat): number[] => chat.seats.map((seat) => seat.userId);

/** The result of a change that had nothing to do. */
export const noChange = (chat: LockedChat): GroupChanged => ({
  outcome: 'changed',
  rev: null,
  userIds: [],
  memberIds: membersOf(chat),
  handover: null,
});

/** Removes a user from locked groups; the user must be in all of them. */
export const leaveLockedGroups = async (
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
    if (heir !== null) await setRoles(transaction, chatId, new Map([[heir.userId, 'owner']]));
  }
  await takeRevs(transaction, idsOf(others), 1, { details: true });
  await takeRevs(transaction, idsOf(handedOver), 2, { details: true });
  await closeChats(transaction, idsOf(left.filter(({ memberIds }) => memberIds.length === 0)));
  return left;
};

/** Removes a user from a locked group; the user must be in it. */
export const removeFromLockedGroup = async (
  transaction: Kysely<Database>,
  chat: LockedChat,
  userId: number,
): Promise<GroupChanged> => {
  const [left] = await leaveLockedGroups(transaction, [chat], userId);
  if (left === undefined) return noChange(chat);
  const { rev, memberIds, heir } = left;
  return { outcome: 'changed', rev, userIds: [userId], memberIds, handover: heir };
};

/** Adds users to a locked group as members; none of them may be in it yet. */
export const addToLockedGroup = async (
  transaction: Kysely<Database>,
  chat: LockedChat,
  userIds: readonly number[],
  at: Date,
): Promise<GroupChanged> => {
  await insertSeats(
    transaction,
    userIds.map((userId) => ({
      chatId: chat.id,
      userId,
      joinedAt: at,
      role: 'member',
      lastSeq: chat.lastSeq,
    })),
  );
  const rev = await takeRev(transaction, chat, { details: true });
  return { outcome: 'changed', rev, userIds, memberIds: [...membersOf(chat), ...userIds], handover: null };
};

const closeChats = async (transaction: Kysely<Database>, chatIds: readonly number[]): Promise<void> => {
  if (chatIds.length === 0) return;
  await transaction.updateTable('chats').set({ is_active: false }).where('id', 'in', chatIds).execute();
};
