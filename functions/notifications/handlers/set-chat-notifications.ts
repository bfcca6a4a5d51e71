import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { setChatNotifications as route } from '../contract.ts';
import { setChatNotifications } from '../set-chat-notifications.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await setChatNotifications(actor, params.chat_id, body)),
);
