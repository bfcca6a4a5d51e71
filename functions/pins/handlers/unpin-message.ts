import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { unpinMessage as route } from '../contract.ts';
import { unpinMessage } from '../unpin-message.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await unpinMessage(actor, params.id)),
);
