import { jobHandler } from '../../transport/jobs.ts';
import { reapOrphans } from '../clean-contents.ts';
import { reapOrphans as route } from '../contract.ts';

export const handler = jobHandler(route, () => reapOrphans());
