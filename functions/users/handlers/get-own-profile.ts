import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getOwnProfile as route } from '../contract.ts';
import { getOwnProfile } from '../get-own-profile.ts';

export const handler = userHandler(route, async ({ actor }) => answer(200, await getOwnProfile(actor)));
