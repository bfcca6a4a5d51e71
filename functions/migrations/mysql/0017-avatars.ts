import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** Which files are the pictures of people and groups. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // `attachment_id` of the picture. Reading a person or a group needs no join: the id is the name of its object.
  for (const table of ['users', 'chats']) {
    if (!(await hasColumn(db, table, 'avatar_id'))) {
      await sql`
        ALTER TABLE ${sql.table(table)}
        ADD COLUMN avatar_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL`.execute(db);
    }
  }
  // Whether the file is somebody's or a group's picture now, so that the search for unused files passes it over.
  if (!(await hasColumn(db, 'attachments', 'is_avatar'))) {
    await sql`ALTER TABLE attachments ADD COLUMN is_avatar BOOLEAN NOT NULL DEFAULT FALSE`.execute(db);
  }
  if (!(await hasIndex(db, 'attachments', 'ix_attachments_unused'))) {
    await sql`ALTER TABLE attachments ADD INDEX ix_attachments_unused (message_row_id, is_avatar, created_at)`.execute(
      db,
    );
  }
  if (await hasIndex(db, 'attachments', 'ix_attachments_unsent')) {
    await sql`ALTER TABLE attachments DROP INDEX ix_attachments_unsent`.execute(db);
  }
};
