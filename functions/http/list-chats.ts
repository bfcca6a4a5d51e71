import { listChats as route } from '../routes/chats.ts';
import { listChats } from '../services/chats.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ actor, query }) => answer(200, await listChats(actor, query)));
