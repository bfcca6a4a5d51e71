import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getStorage as route } from '../contract.ts';
import { getStorage } from '../get-storage.ts';

export const handler = userHandler(route, async ({ actor }) => answer(200, await getStorage(actor)));
