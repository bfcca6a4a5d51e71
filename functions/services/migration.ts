import type { Kysely } from 'kysely';
import type { Collection } from 'mongodb';
import { environmentOf } from '../platform/environment.ts';
import { mongodb, type MessageDocument } from '../platform/mongodb.ts';
import { mysqlAddressFromEnvironment, openMysql, WAKING_MS } from '../platform/mysql.ts';
import { migrateMongodb } from '../repositories/mongodb/migrate.ts';
import type { SearchKind } from '../repositories/mongodb/search.ts';
import { migrateMysql } from '../repositories/mysql/migrate.ts';
import type { Database } from '../repositories/mysql/schema.ts';

/** What a migration did. */
export interface MigrationReport {
  /** Names of the migrations that were applied now; none when all were there. */
  readonly mysql: readonly string[];
  /** Names of all indexes that the service relies on. */
  readonly mongodb: readonly string[];
}

/** How many connections a migration takes, how long one of its statements may run, and how long it waits for MySQL. */
export interface MigrationConnection {
  readonly connections: number;
  readonly queryTimeoutMs: number;
  readonly patienceMs: number;
}

export interface MigrationEffects {
  readonly openMysql: (options: MigrationConnection) => Kysely<Database>;
  readonly mongodb: () => Promise<Collection<MessageDocument>>;
  readonly searchKind: () => SearchKind;
}

const MIGRATION_CONNECTION: MigrationConnection = {
  // The migrator holds its lock on one and migrates on the other.
  connections: 2,
  // A change of a large table takes longer than any request may.
  queryTimeoutMs: 13 * 60 * 1000,
  patienceMs: WAKING_MS,
};

const liveEffects: MigrationEffects = {
  openMysql: (options) => openMysql(mysqlAddressFromEnvironment, options),
  mongodb,
  searchKind: () => environmentOf('mongodb').MONGODB_SEARCH,
};

/** Brings both stores to the schema of this version; run by every start, deployment and `npm run migrate`. */
export const migrateStores = async (effects: MigrationEffects = liveEffects): Promise<MigrationReport> => {
  const db = effects.openMysql(MIGRATION_CONNECTION);
  try {
    const applied = await migrateMysql(db);
    return { mysql: applied, mongodb: await migrateMongodb(await effects.mongodb(), effects.searchKind()) };
  } finally {
    await db.destroy();
  }
};
