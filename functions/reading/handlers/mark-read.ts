import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { markRead as route } from '../contract.ts';
import { markRead } from '../mark-read.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await markRead(actor, params.chat_id, body.seq)),
);
