import { listMessages as route } from '../routes/messages.ts';
import { listMessages } from '../services/messages.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ actor, params, query }) => answer(200, await listMessages(actor, params.chat_id, query)));
