import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listChats as route } from '../contract.ts';
import { listChats } from '../list-chats.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listChats(actor, query)),
);
