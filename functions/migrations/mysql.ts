import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { isDeadlock } from '../platform/mysql/deadlocks.ts';
import type { Database } from '../platform/mysql/schema.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { migrations } from './mysql/index.ts';

/**
 * No-op migrations for those that a newer version has applied: when older code is deployed again, the newer schema
 * stays.
 */
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

/**
 * How often a migration is attempted when it does not get a lock. The driver itself tries each statement five times.
 */
const MAX_ATTEMPTS = 60;
/** Pause between attempts in milliseconds, in which the statements that queued behind the waiting one run. */
const LOCK_PAUSE_MS = 500;

const waitedForLock = (error: unknown): boolean =>
  isDeadlock(error instanceof StoreUnavailableError ? error.cause : error);

/**
 * Migrates MySQL to the newest schema. Idempotent, also for concurrent runs: Kysely's migrator takes a named lock,
 * and each migration skips what exists already, since MySQL commits each DDL statement separately and an interrupted
 * migration runs again from its start.
 *
 * An ALTER of a table waits until every open transaction that has read the table has ended, and every later statement
 * on the table waits behind it. On MariaDB this can even become a deadlock that neither the metadata locks nor the
 * row locks detect: the ALTER holds the table's metadata lock and waits for a row lock, whose transaction waits for
 * the metadata lock. So a statement gives up after `lockWaitSeconds` of `db`, and the migration is retried a little
 * later.
 *
 * @param all the migrations of this version by name, in their order
 * @returns the names of the migrations that it applied
 * @throws the error of the first migration that failed; StoreUnavailableError when none of `MAX_ATTEMPTS` got a lock
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
    await sleep(LOCK_PAUSE_MS);
  }
};
