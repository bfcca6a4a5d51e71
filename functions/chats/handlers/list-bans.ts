import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listBans as route } from '../contract.ts';
import { listBans } from '../list-bans.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listBans(actor, params.chat_id, query)),
);
