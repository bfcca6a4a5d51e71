import { changePassword as route } from '../routes/users.ts';
import { changePassword } from '../services/account.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  await changePassword(actor, body);
  return answer(204, null);
});
