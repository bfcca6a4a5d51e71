import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { confirmTotp } from '../confirm-totp.ts';
import { confirmTotp as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await confirmTotp(actor, body.code)),
);
