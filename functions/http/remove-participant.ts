import { removeParticipant as route } from '../routes/chats.ts';
import { removeParticipant } from '../services/memberships.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  published(204, await removeParticipant(actor, params.chat_id, query.user_id)),
);
