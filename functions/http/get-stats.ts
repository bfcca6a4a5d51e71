import { getStats as route } from '../routes/real-time.ts';
import { getStats } from '../services/stats.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async () => answer(200, await getStats()));
