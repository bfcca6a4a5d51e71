import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { editMessage as route } from '../contract.ts';
import { editMessage } from '../edit-message.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await editMessage(actor, params.id, body)),
);
