import { updateParticipant as route } from '../routes/chats.ts';
import { showChat } from '../services/announce-membership.ts';
import { setAdmin } from '../services/memberships.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  const { chat_id: chatId, user_id: userId } = params;
  const { participant, memberIds } = await setAdmin(actor, chatId, userId, body.is_admin);
  return answer(200, participant, { afterwards: () => showChat('chat_updated', chatId, memberIds) });
});
