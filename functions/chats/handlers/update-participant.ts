import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { updateParticipant as route } from '../contract.ts';
import { setAdmin } from '../set-admin.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await setAdmin(actor, params.chat_id, params.user_id, body.is_admin)),
);
