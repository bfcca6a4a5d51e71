import { updateChat as route } from '../routes/chats.ts';
import { showChat } from '../services/announce-membership.ts';
import { renameChat } from '../services/memberships.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  const { chat, renamed } = await renameChat(actor, params.chat_id, body.name);
  if (!renamed) return answer(200, chat);
  const userIds = chat.participants.map(({ id }) => id);
  return answer(200, chat, { afterwards: () => showChat('chat_updated', chat.id, userIds) });
});
