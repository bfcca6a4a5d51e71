import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getAttachment as route } from '../contract.ts';
import { getAttachment } from '../get-attachment.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getAttachment(actor, params.id)),
);
