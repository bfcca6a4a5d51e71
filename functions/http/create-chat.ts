import { createChat as route } from '../routes/chats.ts';
import { createChat } from '../services/create-chat.ts';
import { publishedAs } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const outcome = await createChat(actor, body);
  const { chat, created } = outcome.result;
  return publishedAs(created ? 201 : 200, chat, outcome);
});
