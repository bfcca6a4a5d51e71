import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { updateOwnProfile as route } from '../contract.ts';
import { updateOwnProfile } from '../update-own-profile.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await updateOwnProfile(actor, body)),
);
