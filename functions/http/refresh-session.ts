import { refreshSession as route } from '../routes/users.ts';
import { refreshSession } from '../services/refresh.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ body }) =>
  answer(200, await refreshSession(body.refresh_token)),
);
