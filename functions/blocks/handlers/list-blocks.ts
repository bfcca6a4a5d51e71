import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listBlocks as route } from '../contract.ts';
import { listBlocks } from '../list-blocks.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listBlocks(actor, query)),
);
