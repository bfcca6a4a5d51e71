import { searchMessages as route } from '../routes/messages.ts';
import { searchMessages } from '../services/message-search.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await searchMessages(actor, query)),
);
