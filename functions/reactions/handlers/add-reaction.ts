import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { addReaction } from '../add-reaction.ts';
import { addReaction as route } from '../contract.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(200, await addReaction(actor, params.id, params.emoji)),
);
