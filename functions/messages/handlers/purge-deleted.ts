import { jobHandler } from '../../transport/jobs.ts';
import { purgeDeleted as route } from '../contract.ts';
import { purgeDeleted } from '../purge-deleted.ts';

export const handler = jobHandler(route, () => purgeDeleted());
