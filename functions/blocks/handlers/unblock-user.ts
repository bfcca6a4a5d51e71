import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { unblockUser } from '../change-block.ts';
import { unblockUser as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await unblockUser(actor, params.user_id)),
);
