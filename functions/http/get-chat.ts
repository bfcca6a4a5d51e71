import { getChat as route } from '../routes/chats.ts';
import { getChat } from '../services/chats.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getChat(actor, params.chat_id)),
);
