import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { updateParticipant as route } from '../contract.ts';
import { setRole } from '../set-role.ts';

export const handler = userHandler(route, async ({ actor, params, body: { role, is_admin } }) => {
  const change = role ?? (is_admin === true ? 'at least admin' : 'member');
  return published(200, await setRole(actor, params.chat_id, params.user_id, change));
});
