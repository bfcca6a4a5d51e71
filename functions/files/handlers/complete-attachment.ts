import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { completeAttachment } from '../complete-attachment.ts';
import { completeAttachment as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await completeAttachment(actor, params.id)),
);
