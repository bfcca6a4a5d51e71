import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { setNotificationSettings as route } from '../contract.ts';
import { setNotificationSettings } from '../set-notification-settings.ts';

export const handler = userHandler(route, async ({ actor, body }) =>
  answer(200, await setNotificationSettings(actor, body)),
);
