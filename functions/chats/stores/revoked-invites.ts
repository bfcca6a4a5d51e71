import { sql, type Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/**
 * Revokes the invitations to a group that a user created. For transactions that hold the group's row lock: joining
 * takes this lock before the invitation's, so nobody joins by one of these invitations concurrently.
 *
 * For users whom others remove from the group or demote from admin. Otherwise anybody who has one of their codes
 * could still join, and so could the removed user once their ban ends.
 */
export const revokeInvitesOf = async (
  transaction: Kysely<Database>,
  chatId: number,
  userId: number,
): Promise<void> => {
  await sql`DELETE FROM chat_invites WHERE chat_id = ${chatId} AND created_by = ${userId}`.execute(
    transaction,
  );
};
