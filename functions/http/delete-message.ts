import { deleteMessage as route } from '../routes/messages.ts';
import { deleteMessage } from '../services/message-changes.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await deleteMessage(actor, params.id)),
);
