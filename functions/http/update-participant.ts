import { updateParticipant as route } from '../routes/chats.ts';
import { setAdmin } from '../services/memberships.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await setAdmin(actor, params.chat_id, params.user_id, body.is_admin)),
);
