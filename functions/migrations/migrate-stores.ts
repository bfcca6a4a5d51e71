import type { Kysely } from 'kysely';
import type { Collection } from 'mongodb';
import { completeRoles } from '../chats/stores/roles.ts';
import { createContentStore } from '../messages/stores/contents.ts';
import { systemClock } from '../platform/clock.ts';
import { mongodb, type MessageDocument } from '../platform/mongodb.ts';
import { createJobPosition, createJobProgress } from '../platform/mysql/job-progress.ts';
import {
  mysqlAddressFromEnvironment,
  mysqlOwnerAddress,
  openMysql,
  WAKING_MS,
} from '../platform/mysql/mysql.ts';
import type { Database } from '../platform/mysql/schema.ts';
import { indexTexts, type IndexTextsReport } from '../search/index-texts.ts';
import { repairNameParts } from '../users/stores/name-parts.ts';
import { grantAppUser, type AppUser } from './app-user.ts';
import { migrateMongodb } from './mongodb.ts';
import { migrateMysql } from './mysql.ts';

/** The result of a migration. */
export interface MigrationReport {
  /** Names of the migrations that this run applied; empty when all had been applied before. */
  readonly mysql: readonly string[];
  /** Names of all indexes that the service relies on. */
  readonly mongodb: readonly string[];
  /** The contents that this run made searchable. */
  readonly texts: IndexTextsReport;
}

/** Options with which `openMysql` opens the connections of a migration. */
export interface MigrationConnection {
  readonly connections: number;
  readonly queryTimeoutMs: number;
  readonly connectRetryMs: number;
  readonly lockWaitSeconds: number;
}

export interface MigrationEffects {
  /** Connects as the schema's owner. */
  readonly openMysql: (options: MigrationConnection) => Kysely<Database>;
  readonly mongodb: () => Promise<Collection<MessageDocument>>;
  /** The user who reads and writes rows, and the database; undefined when the owner does that, too. */
  readonly appUser: () => Promise<(AppUser & { readonly database: string }) | undefined>;
}

const MIGRATION_CONNECTION: MigrationConnection = {
  // The migrator holds its lock on one connection and migrates on the other.
  connections: 2,
  // Altering a large table takes longer than any request may.
  queryTimeoutMs: 13 * 60 * 1000,
  connectRetryMs: WAKING_MS,
  // While an ALTER waits for its lock, requests that need the table wait behind it: this keeps the wait below
  // QUERY_TIMEOUT_MS.
  lockWaitSeconds: 1,
};

/**
 * Time limit of repairing roles in milliseconds. A migration may run for 13 minutes, of which indexing takes 8 at
 * most.
 */
const ROLES_MS = 3 * 60 * 1000;

const liveEffects: MigrationEffects = {
  openMysql: (options) => openMysql(mysqlOwnerAddress, options),
  mongodb,
  appUser: async () => {
    const [owner, app] = await Promise.all([mysqlOwnerAddress(), mysqlAddressFromEnvironment()]);
    return owner.user === app.user ? undefined : app;
  },
};

/**
 * Migrates both stores to this version's schema, and makes existing contents searchable. Runs at every local start,
 * at every deployment and by `npm run migrate`.
 */
export const migrateStores = async (effects: MigrationEffects = liveEffects): Promise<MigrationReport> => {
  const db = effects.openMysql(MIGRATION_CONNECTION);
  try {
    const applied = await migrateMysql(db);
    const appUser = await effects.appUser();
    if (appUser !== undefined) await grantAppUser(db, appUser.database, appUser);
    const indexes = await migrateMongodb(await effects.mongodb());
    const started = systemClock().getTime();
    // The job `tidy-groups` completes the rest.
    await completeRoles(db, () => systemClock().getTime() - started > ROLES_MS);
    const texts = await indexTexts({
      jobs: createJobProgress(() => db),
      contents: createContentStore(effects.mongodb),
      repairNameParts: (isOver) =>
        repairNameParts(
          db,
          createJobPosition(() => db),
          isOver,
        ),
      clock: systemClock,
    });
    return { mysql: applied, mongodb: indexes, texts };
  } finally {
    await db.destroy();
  }
};
