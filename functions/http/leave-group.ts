import { leaveGroup as route } from '../routes/chats.ts';
import { announceDeparture } from '../services/announce-membership.ts';
import { leaveChat } from '../services/memberships.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  const departure = await leaveChat(actor, params.chat_id);
  return departure === null
    ? answer(204, null)
    : answer(204, null, { afterwards: () => announceDeparture(departure) });
});
