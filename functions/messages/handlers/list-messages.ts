import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listMessages as route } from '../contract.ts';
import { listMessages } from '../list-messages.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listMessages(actor, params.chat_id, query)),
);
