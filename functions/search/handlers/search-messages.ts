import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { searchMessages as route } from '../contract.ts';
import { searchMessages } from '../search-messages.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await searchMessages(actor, query)),
);
