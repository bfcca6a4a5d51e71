import { reapOrphans as route } from '../routes/internal.ts';
import { reapOrphans } from '../services/clean-contents.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => reapOrphans());
