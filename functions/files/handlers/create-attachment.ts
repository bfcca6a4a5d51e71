import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { createAttachment as route } from '../contract.ts';
import { createAttachment } from '../create-attachment.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(201, await createAttachment(actor, body)),
);
