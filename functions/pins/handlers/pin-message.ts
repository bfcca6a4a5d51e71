import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { pinMessage as route } from '../contract.ts';
import { pinMessage } from '../pin-message.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(200, await pinMessage(actor, params.id)),
);
