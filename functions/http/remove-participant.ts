import { removeParticipant as route } from '../routes/chats.ts';
import { announceRemoved } from '../services/announce-membership.ts';
import { removeParticipant } from '../services/memberships.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, query }) => {
  const news = await removeParticipant(actor, params.chat_id, query.user_id);
  return answer(204, null, { afterwards: () => announceRemoved(news) });
});
