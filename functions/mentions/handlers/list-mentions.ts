import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listMentions as route } from '../contract.ts';
import { listMentions } from '../list-mentions.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listMentions(actor, query)),
);
