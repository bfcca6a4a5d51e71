import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { createInvite as route } from '../contract.ts';
import { createInvite } from '../create-invite.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  answer(201, await createInvite(actor, params.chat_id, body)),
);
