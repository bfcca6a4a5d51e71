import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { acceptInvite } from '../accept-invite.ts';
import { acceptInvite as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(200, await acceptInvite(actor, params.code)),
);
