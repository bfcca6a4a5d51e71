import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** The files that are avatars of users and groups. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // `attachment_id` of the avatar. Reading a user or a group needs no join: the object key follows from the id.
  for (const table of ['users', 'chats']) {
    if (!(await hasColumn(db, table, 'avatar_id'))) {
      await sql`
        ALTER TABLE ${sql.table(table)}
        ADD COLUMN avatar_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL`.execute(db);
    }
  }
  // Whether the file is an avatar at present, so that the search for unused files skips it.
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
