import { findSessionStates } from '../sessions/find-session-states.ts';
import { deviceStore } from './live.ts';
import { noteDevices } from './note-devices.ts';
import type { DeviceStore } from './stores/devices.ts';

export interface ReapDevicesEffects {
  readonly devices: Pick<DeviceStore, 'walk' | 'forget'>;
  readonly findSessionStates: typeof findSessionStates;
  readonly noteDevices: (userId: number) => Promise<void>;
}

const liveEffects: ReapDevicesEffects = {
  devices: deviceStore,
  findSessionStates: (keys) => findSessionStates(keys),
  noteDevices: (userId) => noteDevices(userId),
};

/** The report of a run. */
export interface ReapDevicesReport {
  readonly removed: number;
}

/** As many as one look-up of sessions takes. */
const BATCH = 100;

/** Removes the devices whose sessions have ended or expired, of users to whom nobody has written since. */
export const reapDevices = async ({
  devices,
  findSessionStates,
  noteDevices,
}: ReapDevicesEffects = liveEffects): Promise<ReapDevicesReport> => {
  let removed = 0;
  let after = 0;
  for (;;) {
    const batch = await devices.walk(after, BATCH);
    const stateOf = await findSessionStates(
      batch.map((device) => ({ userId: device.user_id, sessionId: device.session_id })),
    );
    const ended = batch.filter((device) => stateOf(device.user_id, device.session_id) === 'ended');
    await devices.forget(ended);
    for (const userId of new Set(ended.map((device) => device.user_id))) await noteDevices(userId);
    removed += ended.length;
    after = batch.at(-1)?.id ?? after;
    if (batch.length < BATCH) return { removed };
  }
};
