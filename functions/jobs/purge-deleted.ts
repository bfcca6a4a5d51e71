import { purgeDeleted as route } from '../routes/internal.ts';
import { purgeDeleted } from '../services/clean-contents.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => purgeDeleted());
