import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { isDeadlock } from '../platform/mysql/deadlocks.ts';
import type { Database } from '../platform/mysql/schema.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { migrations } from './mysql/index.ts';

/** The migrations of a newer version that was here: a schema of later stays when older code comes back. */
const ofNewerVersions = async (
  db: Kysely<Database>,
  known: Record<string, Migration>,
): Promise<Record<string, Migration>> => {
  const { rows: tables } = await sql`SHOW TABLES LIKE 'kysely_migration'`.execute(db);
  if (tables.length === 0) return {};
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db);
  const unknown = rows.map(({ name }) => name).filter((name) => !(name in known));
  return Object.fromEntries(unknown.map((name) => [name, { up: async () => undefined }]));
};

/** How often a migration is tried that does not get a lock. The driver tries each statement five times itself. */
const MAX_ATTEMPTS = 60;
/** In between, whatever queued behind the waiting statement runs. */
const LOCK_PAUSE_MS = 500;

const waitedForLock = (error: unknown): boolean =>
  isDeadlock(error instanceof StoreUnavailableError ? error.cause : error);

/**
 * Brings MySQL to the newest schema. Safe to run again and by two at once: Kysely's migrator takes a named
 * lock, and each migration leaves alone what is there already, since MySQL commits each DDL statement by itself
 * and a migration that broke off half-way runs again from its start.
 *
 * A change of a table waits until every open transaction that has read the table has ended, and every later statement on
 * the table waits behind it. On MariaDB it can even wait in a circle, of which neither kind of lock sees more than a half:
 * the change holds the table's definition and waits for a row, whose transaction waits for the definition. So a
 * statement gives up after `lockWaitSeconds` of `db`, and the migration is repeated a little later.
 *
 * @param all by name, in their order; those of this version
 * @returns the names of the migrations that it applied
 * @throws the first migration's error that stopped it; StoreUnavailableError when none of `MAX_ATTEMPTS` got a lock
 */
export const migrateMysql = async (db: Kysely<Database>, all = migrations): Promise<string[]> => {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...all, ...(await ofNewerVersions(db, all)) }) },
  });
  const applied: string[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const { error, results = [] } = await migrator.migrateToLatest();
    const succeeded = results.filter(({ status }) => status === 'Success');
    applied.push(...succeeded.map(({ migrationName }) => migrationName));
    if (error === undefined) return applied;
    if (!waitedForLock(error) || attempt === MAX_ATTEMPTS) throw error;
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
};
