import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { removeDevice as route } from '../contract.ts';
import { removeDevice } from '../remove-device.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await removeDevice(actor, params.device_id);
  return answer(204, null);
});
