import type { Kysely } from 'kysely';
import type { Collection } from 'mongodb';
import { mongodb, type MessageDocument } from '../platform/mongodb.ts';
import { mysqlAddressFromEnvironment, openMysql } from '../platform/mysql.ts';
import { migrateMongodb } from '../repositories/mongodb/migrate.ts';
import { migrateMysql } from '../repositories/mysql/migrate.ts';
import type { Database } from '../repositories/mysql/schema.ts';

/** What a migration did. */
export interface MigrationReport {
  /** Names of the migrations that were applied now; none when all were there. */
  readonly mysql: readonly string[];
  /** Names of all indexes that the service relies on. */
  readonly mongodb: readonly string[];
}

export interface MigrationEffects {
  readonly openMysql: () => Kysely<Database>;
  readonly mongodb: () => Promise<Collection<MessageDocument>>;
}

// A change of a large table takes longer than any request may.
const QUERY_TIMEOUT_MS = 14 * 60 * 1000;

const liveEffects: MigrationEffects = {
  // Two: the migrator holds its lock on one and migrates on the other.
  openMysql: () =>
    openMysql(mysqlAddressFromEnvironment, { connections: 2, queryTimeoutMs: QUERY_TIMEOUT_MS }),
  mongodb,
};

/** Brings both stores to the schema of this version; run by every start, deployment and `npm run migrate`. */
export const migrateStores = async (effects: MigrationEffects = liveEffects): Promise<MigrationReport> => {
  const db = effects.openMysql();
  try {
    const applied = await migrateMysql(db);
    return { mysql: applied, mongodb: await migrateMongodb(await effects.mongodb()) };
  } finally {
    await db.destroy();
  }
};
