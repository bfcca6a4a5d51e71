import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listParticipants as route } from '../contract.ts';
import { listParticipants } from '../list-participants.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listParticipants(actor, params.chat_id, query)),
);
