import { getMessage as route } from '../routes/messages.ts';
import { getMessage } from '../services/messages.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getMessage(actor, params.id)),
);
