import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { liftSuspension as route } from '../contract.ts';
import { liftSuspension } from '../suspend-user.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await liftSuspension(actor, params.user_id);
  return answer(204, null);
});
