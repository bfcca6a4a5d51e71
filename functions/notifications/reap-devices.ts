import { findLiveSessions } from '../sessions/find-live-sessions.ts';
import { deviceStore } from './live.ts';
import { noteDevices } from './note-devices.ts';
import type { DeviceStore } from './stores/devices.ts';

export interface ReapDevicesEffects {
  readonly devices: Pick<DeviceStore, 'walk' | 'forget'>;
  readonly findLiveSessions: typeof findLiveSessions;
  readonly noteDevices: (userId: number) => Promise<void>;
}

const liveEffects: ReapDevicesEffects = {
  devices: deviceStore,
  findLiveSessions: (keys) => findLiveSessions(keys),
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
  findLiveSessions,
  noteDevices,
}: ReapDevicesEffects = liveEffects): Promise<ReapDevicesReport> => {
  let removed = 0;
  let after = 0;
  for (;;) {
    const batch = await devices.walk(after, BATCH);
    const isLive = await findLiveSessions(
      batch.map((device) => ({ userId: device.user_id, sessionId: device.session_id })),
    );
    const ended = batch.filter((device) => !isLive(device.user_id, device.session_id));
    await devices.forget(ended);
    for (const userId of new Set(ended.map((device) => device.user_id))) await noteDevices(userId);
    removed += ended.length;
    after = batch.at(-1)?.id ?? after;
    if (batch.length < BATCH) return { removed };
  }
};
