import { listOnline as route } from '../routes/chats.ts';
import { listOnlineUsers } from '../services/online-users.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await listOnlineUsers(actor, params.chat_id)),
);
