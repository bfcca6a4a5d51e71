import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listPins as route } from '../contract.ts';
import { listPins } from '../list-pins.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listPins(actor, params.chat_id, query)),
);
