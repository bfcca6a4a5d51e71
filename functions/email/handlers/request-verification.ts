import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { requestVerification as route } from '../contract.ts';
import { requestVerification } from '../request-verification.ts';

export const handler = userHandler(route, async ({ actor }) => {
  await requestVerification(actor.userId);
  return answer(202, null);
});
