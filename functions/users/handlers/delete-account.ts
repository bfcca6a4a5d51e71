import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { deleteAccount as route } from '../contract.ts';
import { deleteAccount } from '../delete-account.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  published(204, await deleteAccount(actor, body.password)),
);
