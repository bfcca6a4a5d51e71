import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listChats } from '../chats.ts';
import { listChats as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listChats(actor, query)),
);
