import { deleteAccount as route } from '../routes/users.ts';
import { announceDepartures } from '../services/announce-departures.ts';
import { deleteAccount } from '../services/delete-account.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const departures = await deleteAccount(actor, body.password);
  return answer(204, null, { afterwards: () => announceDepartures(actor.userId, departures) });
});
