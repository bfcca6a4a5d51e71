import { searchUsers as route } from '../routes/users.ts';
import { searchUsers } from '../services/profiles.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ query }) =>
  answer(200, { items: await searchUsers(query.q, query.limit) }),
);
