import { sql, type Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/** Users who were to be put into a chat are in as many as a user may be in. */
export class TooManyChatsError extends Error {
  override readonly name = 'TooManyChatsError';
  /** Who they are. */
  readonly userIds: readonly number[];
  readonly chatsMax: number;

  constructor(userIds: readonly number[], chatsMax: number) {
    super(`Users ${userIds.join(', ')} are in ${chatsMax} chats each`);
    this.userIds = userIds;
    this.chatsMax = chatsMax;
  }
}

/**
 * Asks, inside the transaction that is about to put users into one more chat, whether they may be in another. Reads
 * `ix_chat_participants_user` only, and of each user no more than the limit. Hidden direct chats count; a group that
 * was left, or closed, has no rows.
 *
 * Transactions that add the same user to different chats at the same moment do not wait for each other, so as many as
 * run at once may go beyond the limit by one each.
 *
 * @throws TooManyChatsError
 */
export const assertRoomForChats = async (
  transaction: Kysely<Database>,
  userIds: readonly number[],
  chatsMax: number,
): Promise<void> => {
  if (userIds.length === 0) return;
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM chat_participants FORCE INDEX (ix_chat_participants_user)
    WHERE user_id IN (${sql.join(userIds)})
    GROUP BY user_id HAVING COUNT(*) >= ${chatsMax}
    ORDER BY user_id`.execute(transaction);
  if (rows.length > 0) {
    throw new TooManyChatsError(
      rows.map((row) => row.user_id),
      chatsMax,
    );
  }
};
