import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { blockUser } from '../change-block.ts';
import { blockUser as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await blockUser(actor, params.user_id)),
);
