import { deleteAccount as route } from '../routes/users.ts';
import { deleteAccount } from '../services/delete-account.ts';
import { published } from '../transport/published.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  published(204, await deleteAccount(actor, body.password)),
);
