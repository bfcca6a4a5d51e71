import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/** The `rev` from which a syncing client learns whether a chat's name or members have changed. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'chats', 'details_rev'))) {
    await sql`ALTER TABLE chats ADD COLUMN details_rev BIGINT UNSIGNED NOT NULL DEFAULT 0`.execute(db);
  }
};
