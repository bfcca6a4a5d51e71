import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listDevices as route } from '../contract.ts';
import { listDevices } from '../list-devices.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listDevices(actor, query)),
);
