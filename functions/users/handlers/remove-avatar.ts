import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { removeAvatar as route } from '../contract.ts';
import { removeAvatar } from '../remove-avatar.ts';

export const handler = userHandler(route, async ({ actor }) => {
  await removeAvatar(actor);
  return answer(204, null);
});
