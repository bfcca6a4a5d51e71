import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { deviceStore } from './live.ts';
import { recordDeviceCount } from './record-device-count.ts';
import type { DeviceStore } from './stores/devices.ts';

export interface RemoveDeviceEffects {
  readonly devices: Pick<DeviceStore, 'remove'>;
  readonly recordDeviceCount: (userId: number) => Promise<void>;
}

const liveEffects: RemoveDeviceEffects = {
  devices: deviceStore,
  recordDeviceCount: (userId) => recordDeviceCount(userId),
};

/** Unregisters a device of the actor. @throws ServiceError `device_not_found` */
export const removeDevice = async (
  actor: Actor,
  id: number,
  effects: RemoveDeviceEffects = liveEffects,
): Promise<void> => {
  if (!(await effects.devices.remove(actor.userId, id))) throw new ServiceError('device_not_found');
  await effects.recordDeviceCount(actor.userId);
};
