import { getChat as route } from '../routes/chats.ts';
import { getChat } from '../services/chats.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ actor, params }) => answer(200, await getChat(actor, params.chat_id)));
