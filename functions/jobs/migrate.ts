import { checkEnvironment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { migrate as route } from '../routes/internal.ts';
import { needsOf } from '../routes/route.ts';
import { migrateStores, type MigrationReport } from '../services/migration.ts';

checkEnvironment(needsOf(route));

/** Brings both stores to the schema of this version. Safe to run again. */
export const handler = async (): Promise<MigrationReport> => {
  const report = await migrateStores();
  logger.info('migrated', { ...report });
  return report;
};
