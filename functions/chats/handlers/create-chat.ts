import { publishedAs } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { createChat as route } from '../contract.ts';
import { createChat } from '../create-chat.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const outcome = await createChat(actor, body);
  const { chat, created } = outcome.result;
  return publishedAs(created ? 201 : 200, chat, outcome);
});
