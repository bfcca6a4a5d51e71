import { answer, httpHandler } from '../../transport/http.ts';
import { logOut as route } from '../contract.ts';
import { logOut } from '../log-out.ts';

export const handler = httpHandler(route, async ({ body }) => {
  await logOut(body.refresh_token);
  return answer(204, null);
});
