import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { addParticipants } from '../add-participants.ts';
import { addParticipants as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await addParticipants(actor, params.chat_id, body.user_ids)),
);
