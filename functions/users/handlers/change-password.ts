import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { changePassword } from '../change-password.ts';
import { changePassword as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  await changePassword(actor, body);
  return answer(204, null);
});
