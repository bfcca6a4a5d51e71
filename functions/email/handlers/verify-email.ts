import { answer, httpHandler } from '../../transport/http.ts';
import { verifyEmail as route } from '../contract.ts';
import { verifyEmail } from '../verify-email.ts';

export const handler = httpHandler(route, async ({ body }) => {
  await verifyEmail(body.token);
  return answer(204, null);
});
