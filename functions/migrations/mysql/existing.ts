import { sql, type Kysely } from 'kysely';

/** Whether a table has a column. Unlike MariaDB, MySQL 8.0 has no `ADD COLUMN IF NOT EXISTS`. */
export const hasColumn = async (db: Kysely<unknown>, table: string, column: string): Promise<boolean> => {
  const { rows } = await sql`
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = ${table} AND column_name = ${column}`.execute(db);
  return rows.length > 0;
};

/** Whether a table has an index. Unlike MariaDB, MySQL 8.0 has no `ADD INDEX IF NOT EXISTS`. */
export const hasIndex = async (db: Kysely<unknown>, table: string, index: string): Promise<boolean> => {
  const { rows } = await sql`
    SELECT 1 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = ${table} AND index_name = ${index}`.execute(db);
  return rows.length > 0;
};
