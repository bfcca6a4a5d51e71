import { answer, httpHandler } from '../../transport/http.ts';
import { refreshSession as route } from '../contract.ts';
import { refreshSession } from '../refresh-session.ts';

export const handler = httpHandler(route, async ({ body }) =>
  answer(200, await refreshSession(body.refresh_token)),
);
