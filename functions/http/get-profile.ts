import { getProfile as route } from '../routes/users.ts';
import { getProfile } from '../services/profiles.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ params }) =>
  answer(200, await getProfile(params.user_id)),
);
