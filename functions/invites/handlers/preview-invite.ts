import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { previewInvite as route } from '../contract.ts';
import { previewInvite } from '../preview-invite.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await previewInvite(actor, params.code)),
);
