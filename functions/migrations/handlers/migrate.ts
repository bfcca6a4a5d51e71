import { jobHandler } from '../../transport/jobs.ts';
import { migrate as route } from '../contract.ts';
import { migrateStores } from '../migrate-stores.ts';

export const handler = jobHandler(route, () => migrateStores());
