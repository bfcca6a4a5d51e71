import { listMessages as route } from '../routes/messages.ts';
import { listMessages } from '../services/messages.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listMessages(actor, params.chat_id, query)),
);
