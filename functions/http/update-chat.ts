import { updateChat as route } from '../routes/chats.ts';
import { renameChat } from '../services/memberships.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await renameChat(actor, params.chat_id, body.name)),
);
