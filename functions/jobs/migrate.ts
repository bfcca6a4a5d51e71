import { migrate as route } from '../routes/internal.ts';
import { migrateStores } from '../services/migration.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => migrateStores());
