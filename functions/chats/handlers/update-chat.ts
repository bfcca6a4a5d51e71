import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { updateChat as route } from '../contract.ts';
import { editGroup } from '../edit-group.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await editGroup(actor, params.chat_id, body)),
);
