import { sync as route } from '../routes/messages.ts';
import { sync } from '../services/sync.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => answer(200, await sync(actor, body)));
