import { answer, httpHandler } from '../../transport/http.ts';
import { forgotPassword as route } from '../contract.ts';
import { forgotPassword } from '../forgot-password.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) => {
  await forgotPassword(body.email, sourceIp);
  return answer(202, null);
});
