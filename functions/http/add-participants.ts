import { addParticipants as route } from '../routes/chats.ts';
import { addParticipants } from '../services/memberships.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await addParticipants(actor, params.chat_id, body.user_ids)),
);
