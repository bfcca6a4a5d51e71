import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listInvites as route } from '../contract.ts';
import { listInvites } from '../list-invites.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listInvites(actor, params.chat_id, query)),
);
