import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getProfile as route } from '../contract.ts';
import { getProfile } from '../get-profile.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getProfile(actor, params.user_id)),
);
