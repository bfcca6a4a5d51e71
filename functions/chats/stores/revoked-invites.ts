import { sql, type Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/**
 * Revokes the invitations to a group that a user made, in a transaction that holds the group's lock, which joining by an
 * invitation takes ahead of the invitation: nobody comes in by one beside this.
 *
 * For whoever is put out of the group, or out of its admins, by others. Otherwise anybody whom they gave a code to still comes
 * in by it, and so do they once they are not banned any more.
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
