import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import type { Database } from '../platform/mysql/schema.ts';
import { migrations } from './mysql/index.ts';

/** The migrations of a newer version that was here: a schema of later stays when older code comes back. */
const ofNewerVersions = async (db: Kysely<Database>): Promise<Record<string, Migration>> => {
  const { rows: tables } = await sql`SHOW TABLES LIKE 'kysely_migration'`.execute(db);
  if (tables.length === 0) return {};
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db);
  const unknown = rows.map(({ name }) => name).filter((name) => !(name in migrations));
  return Object.fromEntries(unknown.map((name) => [name, { up: async () => undefined }]));
};

/**
 * Brings MySQL to the newest schema. Safe to run again and by two at once: Kysely's migrator takes a named
 * lock, and each migration leaves alone what is there already, since MySQL commits each DDL statement by itself
 * and a migration that broke off half-way runs again from its start.
 *
 * @returns the names of the migrations that it applied
 * @throws the first migration's error that stopped it
 */
export const migrateMysql = async (db: Kysely<Database>): Promise<string[]> => {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations, ...(await ofNewerVersions(db)) }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((result) => result.migrationName);
};
