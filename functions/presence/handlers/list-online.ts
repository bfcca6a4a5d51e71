import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listOnline as route } from '../contract.ts';
import { listOnlineUsers } from '../list-online-users.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await listOnlineUsers(actor, params.chat_id)),
);
