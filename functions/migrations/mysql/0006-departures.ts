import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/**
 * When a deactivated account had left all of its groups. New accounts, and accounts written by older code, have null:
 * the index finds those of them that are deactivated and still in groups, without a scan of all users.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'users', 'departed_at'))) {
    await sql`ALTER TABLE users ADD COLUMN departed_at DATETIME(3) NULL`.execute(db);
  }
  if (!(await hasIndex(db, 'users', 'ix_users_departing'))) {
    await sql`ALTER TABLE users ADD INDEX ix_users_departing (is_active, departed_at)`.execute(db);
  }
};
