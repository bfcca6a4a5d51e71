import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';
import type { Database } from './schema.ts';

/**
 * Brings MySQL to the newest schema. Safe to run again and by two at once: Kysely's migrator takes a named
 * lock, and each migration leaves alone what is there already, since MySQL commits each DDL statement by itself
 * and a migration that broke off half-way runs again from its start.
 *
 * @returns the names of the migrations that it applied
 * @throws the first migration's error that stopped it
 */
export const migrateMysql = async (db: Kysely<Database>): Promise<string[]> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((result) => result.migrationName);
};
