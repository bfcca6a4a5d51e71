import { sql, type Kysely } from 'kysely';
import { isBanActive } from '../../platform/mysql/bans.ts';
import type { Database } from '../../platform/mysql/schema.ts';

/** Those of the users who are banned from a group at the given time. */
export const findBanned = async (
  transaction: Kysely<Database>,
  chatId: number,
  userIds: readonly number[],
  at: Date,
): Promise<number[]> => {
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM chat_bans FORCE INDEX (PRIMARY)
    WHERE chat_id = ${chatId} AND user_id IN (${sql.join(userIds)}) AND ${isBanActive('chat_bans', at)}
    ORDER BY user_id`.execute(transaction);
  return rows.map((row) => row.user_id);
};
