import { updateOwnProfile as route } from '../routes/users.ts';
import { updateOwnProfile } from '../services/update-profile.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await updateOwnProfile(actor, body)),
);
