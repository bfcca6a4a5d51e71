import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { suspendUser as route } from '../contract.ts';
import { suspendUser } from '../suspend-user.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  await suspendUser(actor, params.user_id, body);
  return answer(204, null);
});
