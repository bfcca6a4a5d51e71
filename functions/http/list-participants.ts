import { listParticipants as route } from '../routes/chats.ts';
import { listParticipants } from '../services/participants.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listParticipants(actor, params.chat_id, query)),
);
