import { answer, httpHandler } from '../../transport/http.ts';
import { logIn as route } from '../contract.ts';
import { logIn } from '../log-in.ts';

export const handler = httpHandler(route, async ({ body, sourceIp, userAgent }) =>
  answer(200, await logIn(body, { address: sourceIp, userAgent })),
);
