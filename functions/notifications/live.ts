import { mysql } from '../platform/mysql/mysql.ts';
import { createDeviceStore } from './stores/devices.ts';
import { createDispatchStore } from './stores/dispatch.ts';
import { createNotificationSettingsStore } from './stores/settings.ts';

// The notification stores in this stage's MySQL.
export const deviceStore = createDeviceStore(mysql);
export const dispatchStore = createDispatchStore(mysql);
export const notificationSettingsStore = createNotificationSettingsStore(mysql);
