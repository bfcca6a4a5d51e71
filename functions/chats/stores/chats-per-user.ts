import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { slicesOf } from '../../platform/slices.ts';
import { chatsFilledByOthersMax } from '../rules.ts';

/** Users who were to be put into a chat are in as many chats as they may be in for that. */
export class TooManyChatsError extends Error {
  override readonly name = 'TooManyChatsError';
  /** Those of the users who are, by ascending id. */
  readonly userIds: readonly number[];
  readonly chatsMax: number;

  constructor(userIds: readonly number[], chatsMax: number) {
    super(`Users ${userIds.join(', ')} have no room for another of ${chatsMax} chats each`);
    this.userIds = userIds;
    this.chatsMax = chatsMax;
  }
}

/**
 * Checks, inside the transaction that is about to put users into one more chat, that each of them may be in another: the
 * actor up to the limit, anybody else up to `chatsFilledByOthersMax`. Reads `ix_chat_participants_user` only. Hidden direct
 * chats count; a group that was left, or closed, has no rows.
 *
 * Transactions that add the same user to different chats at the same moment do not wait for each other: each of them may
 * take the user one chat beyond the limit.
 *
 * @param actorId who makes the chat, opens it or joins it; may be one of the users
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
