import { answer, httpHandler } from '../../transport/http.ts';
import { registerUser as route } from '../contract.ts';
import { registerUser } from '../register-user.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) =>
  answer(201, await registerUser(body, sourceIp)),
);
