import { sql, type Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/** Those of the users who are banned from a group at a time. A ban counts until it ends, also while its row stays. */
export const findBanned = async (
  transaction: Kysely<Database>,
  chatId: number,
  userIds: readonly number[],
  at: Date,
): Promise<number[]> => {
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM chat_bans FORCE INDEX (PRIMARY)
    WHERE chat_id = ${chatId} AND user_id IN (${sql.join(userIds)}) AND (until IS NULL OR until > ${at})
    ORDER BY user_id`.execute(transaction);
  return rows.map((row) => row.user_id);
};
