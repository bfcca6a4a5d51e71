import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { removeParticipant as route } from '../contract.ts';
import { removeParticipant } from '../remove-participant.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  published(204, await removeParticipant(actor, params.chat_id, query.user_id)),
);
