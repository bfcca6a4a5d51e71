import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { unbanUser as route } from '../contract.ts';
import { unbanUser } from '../unban-user.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await unbanUser(actor, params.chat_id, params.user_id);
  return answer(204, null);
});
