import { sql, type Kysely } from 'kysely';
import { hasIndex } from './existing.ts';

/** The schema for the jobs: the progress of each, and messages in the order of their deletion. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    CREATE TABLE IF NOT EXISTS job_progress (
      job VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      done_until DATETIME(3) NOT NULL,
      PRIMARY KEY (job)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);
  if (!(await hasIndex(db, 'message_metadata', 'ix_message_metadata_deleted'))) {
    await sql`ALTER TABLE message_metadata ADD INDEX ix_message_metadata_deleted (deleted_at)`.execute(db);
  }
};
