import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { endSession as route } from '../contract.ts';
import { endSession } from '../end-session.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await endSession(actor, params.session_id);
  return answer(204, null);
});
