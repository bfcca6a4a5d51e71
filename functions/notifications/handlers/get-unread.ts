import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getUnread as route } from '../contract.ts';
import { getUnread } from '../get-unread.ts';

export const handler = userHandler(route, async ({ actor }) => answer(200, await getUnread(actor)));
