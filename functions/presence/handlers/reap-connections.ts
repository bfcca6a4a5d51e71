import { jobHandler } from '../../transport/jobs.ts';
import { reapConnections as route } from '../contract.ts';
import { reapConnections } from '../reap-connections.ts';

export const handler = jobHandler(route, () => reapConnections());
