import type { Kysely } from 'kysely';
import { findBlockedPairs } from '../../platform/mysql/blocks.ts';
import { directKeyOf } from '../../platform/mysql/direct-key.ts';
import { duplicateKeyOf } from '../../platform/mysql/errors.ts';
import { lockChat, lockUsers, type SeatRole } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { decideInLockedChat } from '../rules.ts';
import { assertRoomForChats } from './chats-per-user.ts';
import { insertSeats, setHiddenAt, type BlockedOutcome, type NotActiveOutcome } from './seats.ts';

/** Creates chats. */
export interface NewChatStore {
  /**
   * Creates a group with its creator as the owner and the others as members. Creates nothing unless all of them are
   * active users.
   *
   * @throws TooManyChatsError
   */
  insertGroup(group: {
    name: string;
    creatorId: number;
    memberIds: readonly number[];
    at: Date;
  }): Promise<{ readonly outcome: 'created'; readonly id: number } | NotActiveOutcome | BlockedOutcome>;
  /**
   * Returns the direct chat of two users and creates it when there is none; concurrent callers get the same chat.
   * Creating it requires that both users are active and that neither has blocked the other. An existing chat is shown
   * to the user again, also when the peer's account is deactivated.
   *
   * @throws TooManyChatsError
   */
  openDirect(pair: {
    userId: number;
    peerId: number;
    at: Date;
  }): Promise<
    { readonly outcome: 'created' | 'found'; readonly id: number } | NotActiveOutcome | BlockedOutcome
  >;
}

/** @param chatsPerUserMax the limit of chats per user */
export const createNewChatStore = (db: () => Kysely<Database>, chatsPerUserMax: number): NewChatStore => {
  /** @throws Error the database's duplicate-key error when the pair of `direct_key` has a chat already */
  const insertChat = (
    chat: { chat_type: 'direct' | 'group'; name: string | null; direct_key: string | null; at: Date },
    participants: readonly { userId: number; role: SeatRole }[],
  ): Promise<{ readonly outcome: 'created'; readonly id: number } | NotActiveOutcome | BlockedOutcome> =>
    inTransaction(db(), async (transaction) => {
      const { at, ...columns } = chat;
      const userIds = participants.map(({ userId }) => userId);
      const notActive = await lockUsers(transaction, userIds);
      if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
      // Reads the blocks after locking the users' rows: a concurrent block waits for these locks. The first user
      // creates the chat.
      const [creatorId = 0, ...otherIds] = userIds;
      const blocked = await findBlockedPairs(transaction, creatorId, otherIds);
      if (blocked.length > 0) return { outcome: 'blocked', userIds: blocked };
      await assertRoomForChats(transaction, creatorId, userIds, chatsPerUserMax);
      const result = await transaction
        .insertInto('chats')
        .values({ ...columns, created_at: at, updated_at: at, is_active: true })
        .executeTakeFirstOrThrow();
      const chatId = Number(result.insertId);
      await insertSeats(
        transaction,
        participants.map((participant) => ({ ...participant, chatId, joinedAt: at, lastSeq: 0 })),
      );
      return { outcome: 'created', id: chatId };
    });

  const findDirect = async (directKey: string): Promise<number | undefined> => {
    const row = await db()
      .selectFrom('chats')
      .select('id')
      .where('direct_key', '=', directKey)
      .executeTakeFirst();
    return row?.id;
  };

  const isActive = async (transaction: Kysely<Database>, userId: number): Promise<boolean> => {
    const row = await transaction
      .selectFrom('users')
      .select('is_active')
      .where('id', '=', userId)
      .executeTakeFirst();
    return row?.is_active === 1;
  };

  /** Shows a direct chat to a user who may have hidden it. */
  const show = (
    chatId: number,
    userId: number,
    peerId: number,
  ): Promise<{ readonly outcome: 'found'; readonly id: number } | NotActiveOutcome | BlockedOutcome> =>
    inTransaction(db(), async (transaction) => {
      const chat = await lockChat(transaction, chatId);
      if (chat === undefined || decideInLockedChat(chat, userId, 'show') !== 'allowed') {
        return { outcome: 'not_active', userIds: [userId] };
      }
      const blocked = await findBlockedPairs(transaction, userId, [peerId]);
      // A block counts only while the peer's account is active: a deactivated peer cannot revoke it, and the refusal
      // would reveal a block of the peer.
      if (blocked.length > 0 && (await isActive(transaction, peerId))) {
        return { outcome: 'blocked', userIds: blocked };
      }
      await setHiddenAt(transaction, chatId, userId, null);
      return { outcome: 'found', id: chatId };
    });

  return {
    insertGroup: ({ name, creatorId, memberIds, at }) =>
      insertChat({ chat_type: 'group', name, direct_key: null, at }, [
        { userId: creatorId, role: 'owner' },
        ...memberIds.map((userId) => ({ userId, role: 'member' as const })),
      ]),

    openDirect: async ({ userId, peerId, at }) => {
      const directKey = directKeyOf(userId, peerId);
      const known = await findDirect(directKey);
      if (known !== undefined) return show(known, userId, peerId);
      try {
        return await insertChat({ chat_type: 'direct', name: null, direct_key: directKey, at }, [
          { userId, role: 'member' },
          { userId: peerId, role: 'member' },
        ]);
      } catch (error) {
        if (duplicateKeyOf(error) !== 'uq_chats_direct_key') throw error;
        // A concurrent caller created the chat in the meantime.
        const winner = await findDirect(directKey);
        if (winner === undefined) throw error;
        return show(winner, userId, peerId);
      }
    },
  };
};
