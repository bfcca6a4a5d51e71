import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { banUser } from '../ban-user.ts';
import { banUser as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(204, await banUser(actor, params.chat_id, params.user_id, body)),
);
