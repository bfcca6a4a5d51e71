import { answer, httpHandler } from '../../transport/http.ts';
import { resetPassword as route } from '../contract.ts';
import { resetPassword } from '../reset-password.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) => {
  await resetPassword(body, sourceIp);
  return answer(204, null);
});
