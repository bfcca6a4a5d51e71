import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** The schema for editing messages, hiding direct chats and finding users. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The edit that is in force, among those in MongoDB; null for a message that was never edited.
  if (!(await hasColumn(db, 'message_metadata', 'edit_id'))) {
    await sql`
      ALTER TABLE message_metadata
      ADD COLUMN edit_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL`.execute(db);
  }
  // A direct chat that its user has left is hidden as long as the chat's last_seq does not exceed this.
  if (!(await hasColumn(db, 'chat_participants', 'hidden_at_seq'))) {
    await sql`ALTER TABLE chat_participants ADD COLUMN hidden_at_seq BIGINT UNSIGNED NULL`.execute(db);
  }
  if (!(await hasIndex(db, 'users', 'ix_users_full_name'))) {
    await sql`ALTER TABLE users ADD INDEX ix_users_full_name (full_name)`.execute(db);
  }
};
