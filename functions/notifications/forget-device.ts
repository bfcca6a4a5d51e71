import { deviceStore } from './live.ts';
import { recordDeviceCount } from './record-device-count.ts';
import type { DeviceStore } from './stores/devices.ts';
import type { DispatchWork } from './work.ts';

export interface ForgetDeviceEffects {
  readonly devices: Pick<DeviceStore, 'forget'>;
  readonly recordDeviceCount: (userId: number) => Promise<void>;
}

const liveEffects: ForgetDeviceEffects = {
  devices: deviceStore,
  recordDeviceCount: (userId) => recordDeviceCount(userId),
};

/** Removes a device that its push service does not know any more, unless it has a new token by now. */
export const forgetDevice = async (
  { user_id: userId, device_id: id, token }: DispatchWork & { readonly type: 'forget' },
  { devices, recordDeviceCount }: ForgetDeviceEffects = liveEffects,
): Promise<void> => {
  await devices.forget([{ id, token }]);
  await recordDeviceCount(userId);
};
