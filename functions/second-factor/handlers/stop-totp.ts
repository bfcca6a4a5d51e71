import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { stopTotp as route } from '../contract.ts';
import { stopTotp } from '../stop-totp.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  await stopTotp(actor, body);
  return answer(204, null);
});
