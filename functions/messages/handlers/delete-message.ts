import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { deleteMessage as route } from '../contract.ts';
import { deleteMessage } from '../delete-message.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await deleteMessage(actor, params.id)),
);
