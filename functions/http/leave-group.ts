import { leaveGroup as route } from '../routes/chats.ts';
import { leaveChat } from '../services/memberships.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await leaveChat(actor, params.chat_id)),
);
