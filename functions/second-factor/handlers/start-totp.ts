import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { startTotp } from '../start-totp.ts';
import { startTotp as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await startTotp(actor, body.password)),
);
