import { logOut as route } from '../routes/users.ts';
import { logOut } from '../services/log-out.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ body }) => {
  await logOut(body.refresh_token);
  return answer(204, null);
});
