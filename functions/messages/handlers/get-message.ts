import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getMessage as route } from '../contract.ts';
import { getMessage } from '../get-message.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getMessage(actor, params.id)),
);
