import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { leaveGroup as route } from '../contract.ts';
import { leaveGroup } from '../leave-group.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await leaveGroup(actor, params.chat_id)),
);
