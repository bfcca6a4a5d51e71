import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/**
 * When a deactivated account had left its groups. Null is what accounts begin with, and what code of an earlier version
 * leaves: whichever of them are still in a group are found by the index and not by looking through all users.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'users', 'departed_at'))) {
    await sql`ALTER TABLE users ADD COLUMN departed_at DATETIME(3) NULL`.execute(db);
  }
  if (!(await hasIndex(db, 'users', 'ix_users_departing'))) {
    await sql`ALTER TABLE users ADD INDEX ix_users_departing (is_active, departed_at)`.execute(db);
  }
};
