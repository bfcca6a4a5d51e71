import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listSessions as route } from '../contract.ts';
import { listSessions } from '../list-sessions.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listSessions(actor, query)),
);
