import { registerUser as route } from '../routes/users.ts';
import { registerUser } from '../services/registration.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) =>
  answer(201, await registerUser(body, sourceIp)),
);
