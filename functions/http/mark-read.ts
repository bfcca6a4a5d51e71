import { markRead as route } from '../routes/chats.ts';
import { markRead } from '../services/read-marks.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await markRead(actor, params.chat_id, body.seq)),
);
