import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listReactions as route } from '../contract.ts';
import { listReactions } from '../list-reactions.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listReactions(actor, params.id, query)),
);
