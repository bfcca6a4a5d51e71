import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { sync as route } from '../contract.ts';
import { sync } from '../sync.ts';

export const handler = userHandler(route, async ({ actor, body }) => answer(200, await sync(actor, body)));
