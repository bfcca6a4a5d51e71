import { jobHandler } from '../../transport/jobs.ts';
import { reapOrphans as route } from '../contract.ts';
import { reapOrphans } from '../reap-orphans.ts';

export const handler = jobHandler(route, () => reapOrphans());
