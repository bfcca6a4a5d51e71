import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getChat as route } from '../contract.ts';
import { getChat } from '../get-chat.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getChat(actor, params.chat_id)),
);
