import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './schema.ts';

/*
 * Blocks between users, as conditions of other features' queries. Each condition first checks, once per statement,
 * whether the viewer has any block at all: for viewers without one, who are the vast majority, no row costs a
 * look-up.
 */

/** 1 when the user in a column has blocked the viewer, who then does not see the user's presence; else 0. */
export const isPresenceHidden = (viewerId: number, userColumn: string): RawBuilder<0 | 1> => sql`
  (EXISTS (SELECT 1 FROM user_blocks WHERE blocked_id = ${viewerId}) AND EXISTS (
    SELECT 1 FROM user_blocks AS hiding
    WHERE hiding.user_id = ${sql.ref(userColumn)} AND hiding.blocked_id = ${viewerId}))`;

/** Whether the viewer has not blocked the user in a column. */
export const notBlockedBy = (viewerId: number, userColumn: string): RawBuilder<boolean> => sql`
  (NOT EXISTS (SELECT 1 FROM user_blocks WHERE user_id = ${viewerId}) OR NOT EXISTS (
    SELECT 1 FROM user_blocks AS blocking
    WHERE blocking.user_id = ${viewerId} AND blocking.blocked_id = ${sql.ref(userColumn)}))`;

/**
 * Those of the users with whom the user has a block, in either direction. A locking read, which sees the latest rows
 * whatever the transaction has read before.
 */
export const findBlockedPairs = async (
  db: Kysely<Database>,
  userId: number,
  otherIds: readonly number[],
): Promise<number[]> => {
  if (otherIds.length === 0) return [];
  const others = sql.join(otherIds);
  const { rows } = await sql<{ id: number }>`
    (SELECT blocked_id AS id FROM user_blocks
      WHERE user_id = ${userId} AND blocked_id IN (${others}) LOCK IN SHARE MODE)
    UNION
    (SELECT user_id AS id FROM user_blocks
      WHERE blocked_id = ${userId} AND user_id IN (${others}) LOCK IN SHARE MODE)`.execute(db);
  return rows.map(({ id }) => id).toSorted((a, b) => a - b);
};
