import { addParticipants as route } from '../routes/chats.ts';
import { announceAdded } from '../services/announce-membership.ts';
import { addParticipants } from '../services/memberships.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  const { chat, news } = await addParticipants(actor, params.chat_id, body.user_ids);
  return answer(200, chat, { afterwards: () => announceAdded(news) });
});
