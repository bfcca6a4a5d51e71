import { logIn as route } from '../routes/users.ts';
import { logIn } from '../services/login.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) =>
  answer(200, await logIn(body, sourceIp)),
);
