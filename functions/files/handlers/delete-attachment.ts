import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { deleteAttachment as route } from '../contract.ts';
import { deleteAttachment } from '../delete-attachment.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await deleteAttachment(actor, params.id);
  return answer(204, null);
});
