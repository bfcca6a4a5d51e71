import { editMessage as route } from '../routes/messages.ts';
import { editMessage } from '../services/message-changes.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await editMessage(actor, params.id, body.content)),
);
