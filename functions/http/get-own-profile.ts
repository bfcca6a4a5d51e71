import { getOwnProfile as route } from '../routes/users.ts';
import { getOwnProfile } from '../services/users.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ actor }) => answer(200, await getOwnProfile(actor)));
