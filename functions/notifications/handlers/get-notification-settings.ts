import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getNotificationSettings as route } from '../contract.ts';
import { notificationSettingsStore } from '../live.ts';

export const handler = userHandler(route, async ({ actor }) =>
  answer(200, await notificationSettingsStore.find(actor.userId)),
);
