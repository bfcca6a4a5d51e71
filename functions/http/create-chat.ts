import { createChat as route } from '../routes/chats.ts';
import { showChat } from '../services/announce-membership.ts';
import { createChat } from '../services/chats.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const { chat, created } = await createChat(actor, body);
  if (!created) return answer(200, chat);
  const userIds = chat.participants.map(({ id }) => id);
  return answer(201, chat, { afterwards: () => showChat('chat_created', chat.id, userIds) });
});
