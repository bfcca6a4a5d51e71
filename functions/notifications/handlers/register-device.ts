import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { registerDevice as route } from '../contract.ts';
import { registerDevice } from '../register-device.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const { device, isNew } = await registerDevice(actor, body);
  return answer(isNew ? 201 : 200, device);
});
