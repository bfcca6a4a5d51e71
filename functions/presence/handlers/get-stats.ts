import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getStats as route } from '../contract.ts';
import { getStats } from '../get-stats.ts';

export const handler = userHandler(route, async () => answer(200, await getStats()));
