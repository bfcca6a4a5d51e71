import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** What editing, hiding direct chats and finding people need. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The edit that is in force, of those that MongoDB holds; none for a message as it was sent.
  if (!(await hasColumn(db, 'message_metadata', 'edit_id'))) {
    await sql`
      ALTER TABLE message_metadata
      ADD COLUMN edit_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL`.execute(db);
  }
  // A direct chat that its user left is out of sight while the chat's last_seq is not beyond this.
  if (!(await hasColumn(db, 'chat_participants', 'hidden_at_seq'))) {
    await sql`ALTER TABLE chat_participants ADD COLUMN hidden_at_seq BIGINT UNSIGNED NULL`.execute(db);
  }
  if (!(await hasIndex(db, 'users', 'ix_users_full_name'))) {
    await sql`ALTER TABLE users ADD INDEX ix_users_full_name (full_name)`.execute(db);
  }
};
