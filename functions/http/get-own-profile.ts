import { getOwnProfile as route } from '../routes/users.ts';
import { getOwnProfile } from '../services/users.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor }) => answer(200, await getOwnProfile(actor)));
