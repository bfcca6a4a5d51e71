import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { slicesOf } from '../../platform/slices.ts';
import { chatsFilledByOthersMax } from '../rules.ts';

/** Some of the users who were to be added to a chat have reached their limit of chats. */
export class TooManyChatsError extends Error {
  override readonly name = 'TooManyChatsError';
  /** The users who have reached their limit, by ascending id. */
  readonly userIds: readonly number[];
  readonly chatsMax: number;

  constructor(userIds: readonly number[], chatsMax: number) {
    super(`Users ${userIds.join(', ')} have no room for another of ${chatsMax} chats each`);
    this.userIds = userIds;
    this.chatsMax = chatsMax;
  }
}

/**
 * Checks, inside the transaction that is about to add users to one more chat, that none of them exceeds the limit:
 * `chatsMax` for the actor, `chatsFilledByOthersMax` for everybody else. Reads only the index
 * `ix_chat_participants_user`. Hidden direct chats count; groups that were left or closed have no rows.
 *
 * Transactions that add the same user to different chats at the same time do not wait for each other: each may take
 * the user one chat beyond the limit.
 *
 * @param actorId the user who creates, opens or joins the chat; may be one of the users
 * @throws TooManyChatsError
 */
export const assertRoomForChats = async (
  transaction: Kysely<Database>,
  actorId: number,
  userIds: readonly number[],
  chatsMax: number,
): Promise<void> => {
  const full: number[] = [];
  for (const slice of slicesOf(userIds, SLICE_USERS)) {
    const { rows } = await sql<{ user_id: number }>`
      SELECT user_id FROM chat_participants FORCE INDEX (ix_chat_participants_user)
      WHERE user_id IN (${sql.join(slice)})
      GROUP BY user_id
      HAVING COUNT(*) >= IF(user_id = ${actorId}, ${chatsMax}, ${chatsFilledByOthersMax(chatsMax)})`.execute(
      transaction,
    );
    full.push(...rows.map((row) => row.user_id));
  }
  if (full.length === 0) return;
  throw new TooManyChatsError(
    full.toSorted((a, b) => a - b),
    chatsMax,
  );
};
