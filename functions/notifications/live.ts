import { environmentOf, baseEnvironment } from '../platform/environment.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { pushHostsIn, type AllowedHosts } from './endpoints.ts';
import { createDeviceStore } from './stores/devices.ts';
import { createNotificationSettingsStore } from './stores/settings.ts';

/** Devices, in this stage's MySQL. */
export const deviceStore = createDeviceStore(mysql);

/** What users want of notifications, in this stage's MySQL. */
export const notificationSettingsStore = createNotificationSettingsStore(mysql);

/** The hosts that this stage pushes to. */
export const allowedHosts = (): AllowedHosts => ({
  services: pushHostsIn(environmentOf('push-hosts').PUSH_HOSTS),
  onThisMachine: pushHostsIn(baseEnvironment().LOCAL_PUSH_HOSTS ?? ''),
});
