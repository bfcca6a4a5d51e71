import { createChat as route } from '../routes/chats.ts';
import { announceChat } from '../services/announce-chat.ts';
import { createChat } from '../services/chats.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const { chat, created } = await createChat(actor, body);
  if (!created) return answer(200, chat);
  return answer(201, chat, { afterwards: () => announceChat(actor, chat) });
});
