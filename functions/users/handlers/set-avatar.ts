import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { setAvatar as route } from '../contract.ts';
import { setAvatar } from '../set-avatar.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await setAvatar(actor, body.attachment_id)),
);
