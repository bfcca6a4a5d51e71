import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { removeReaction as route } from '../contract.ts';
import { removeReaction } from '../remove-reaction.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  published(204, await removeReaction(actor, params.id, params.emoji)),
);
