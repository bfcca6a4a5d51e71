import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { restoreMessage as route } from '../contract.ts';
import { restoreMessage } from '../restore-message.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(200, await restoreMessage(actor, params.id)),
);
