import { listChats as route } from '../routes/chats.ts';
import { listChats } from '../services/chats.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listChats(actor, query)),
);
