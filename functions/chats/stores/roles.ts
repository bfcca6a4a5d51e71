import { sql, type Kysely } from 'kysely';
import { lockChats, takeRevs } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { inBatches, type Repair } from '../../platform/run-limit.ts';

/** How many rows of `chat_participants` one batch repairs. The batch holds the row locks of all of their chats. */
const BATCH = 500;

/**
 * Repairs roles that older code, which writes only `is_admin`, did not store: rows whose role is null or contradicts
 * `is_admin`. A group that has no owner after that gets the admin who joined first as its owner, for which the chat
 * takes a `rev`.
 *
 * @param isOver called after each batch: whether to stop and leave the rest to another run
 */
export const completeRoles = async (db: Kysely<Database>, isOver: () => boolean): Promise<Repair> => {
  let repaired = 0;
  const complete = await inBatches(isOver, async () => {
    const { rows } = await sql<{ chat_id: number }>`
      (SELECT chat_id FROM chat_participants FORCE INDEX (ix_chat_participants_role)
        WHERE role IS NULL LIMIT ${BATCH})
      UNION ALL
      (SELECT chat_id FROM chat_participants FORCE INDEX (ix_chat_participants_role)
        WHERE role = 'member' AND is_admin = 1 LIMIT ${BATCH})
      UNION ALL
      (SELECT chat_id FROM chat_participants FORCE INDEX (ix_chat_participants_role)
        WHERE role IN ('owner', 'admin') AND is_admin = 0 LIMIT ${BATCH})
      LIMIT ${BATCH}`.execute(db);
    if (rows.length === 0) return false;
    const chatIds = [...new Set(rows.map((row) => row.chat_id))].toSorted((a, b) => a - b);
    repaired += await inTransaction(db, async (transaction) => {
      const chats = await lockChats(transaction, chatIds);
      const { numAffectedRows } = await sql`
        UPDATE chat_participants FORCE INDEX (PRIMARY)
        SET role = IF(is_admin, 'admin', 'member')
        WHERE chat_id IN (${sql.join(chatIds)})
          AND (role IS NULL OR (role = 'member') = is_admin)`.execute(transaction);
      const owners = chats
        .filter(({ isOwnerImplied }) => isOwnerImplied)
        .flatMap(({ id, seats }) =>
          seats.filter(({ role }) => role === 'owner').map(({ userId }) => ({ chatId: id, userId })),
        );
      if (owners.length > 0) {
        await sql`
          UPDATE chat_participants FORCE INDEX (PRIMARY) SET role = 'owner'
          WHERE ${sql.join(
            owners.map(({ chatId, userId }) => sql`(chat_id = ${chatId} AND user_id = ${userId})`),
            sql` OR `,
          )}`.execute(transaction);
        await takeRevs(
          transaction,
          owners.map(({ chatId }) => chatId),
          1,
          { details: true },
        );
      }
      return Number(numAffectedRows ?? 0);
    });
    return true;
  });
  return { repaired, complete };
};
