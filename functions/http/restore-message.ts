import { restoreMessage as route } from '../routes/messages.ts';
import { restoreMessage } from '../services/message-changes.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(200, await restoreMessage(actor, params.id)),
);
