import { reapConnections as route } from '../routes/internal.ts';
import { reapConnections } from '../services/reap-connections.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => reapConnections());
