import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { searchUsers as route } from '../contract.ts';
import { searchUsers } from '../search-users.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, { items: await searchUsers(actor, query.q, query.limit) }),
);
