import { deviceStore } from './live.ts';
import { noteDevices } from './note-devices.ts';
import type { DeviceStore } from './stores/devices.ts';
import type { DispatchWork } from './work.ts';

export interface ForgetDeviceEffects {
  readonly devices: Pick<DeviceStore, 'forget'>;
  readonly noteDevices: (userId: number) => Promise<void>;
}

const liveEffects: ForgetDeviceEffects = {
  devices: deviceStore,
  noteDevices: (userId) => noteDevices(userId),
};

/** Removes a device that its push service does not know any more, unless it has a new token by now. */
export const forgetDevice = async (
  { user_id: userId, device_id: id, token }: DispatchWork & { readonly type: 'forget' },
  { devices, noteDevices }: ForgetDeviceEffects = liveEffects,
): Promise<void> => {
  await devices.forget([{ id, token }]);
  await noteDevices(userId);
};
