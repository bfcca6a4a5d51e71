import { systemClock, type Clock } from '../platform/clock.ts';
import { createJobPosition, type JobPosition } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { inBatches, runLimit } from '../platform/run-limit.ts';
import { findSessionStates } from '../sessions/find-session-states.ts';
import { deviceStore } from './live.ts';
import { recordDeviceCount } from './record-device-count.ts';
import type { DeviceStore } from './stores/devices.ts';

export interface ReapDevicesEffects {
  readonly devices: Pick<DeviceStore, 'walk' | 'forget'>;
  readonly findSessionStates: typeof findSessionStates;
  readonly recordDeviceCount: (userId: number) => Promise<void>;
  readonly jobs: JobPosition;
  readonly clock: Clock;
}

const liveEffects: ReapDevicesEffects = {
  devices: deviceStore,
  findSessionStates: (keys) => findSessionStates(keys),
  recordDeviceCount: (userId) => recordDeviceCount(userId),
  jobs: createJobPosition(mysql),
  clock: systemClock,
};

/** The report of a run. */
export interface ReapDevicesReport {
  readonly removed: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const JOB = 'reap-devices';

/** The maximum of sessions that one look-up takes. */
const BATCH = 100;

/**
 * Removes devices whose sessions have ended or expired, of users who have had no messages since. Continues where the
 * last run stopped, and starts over after the last device.
 */
export const reapDevices = async ({
  devices,
  findSessionStates,
  recordDeviceCount,
  jobs,
  clock,
}: ReapDevicesEffects = liveEffects): Promise<ReapDevicesReport> => {
  const isOver = runLimit(clock(), clock);
  let removed = 0;
  let after = await jobs.findPosition(JOB);
  const complete = await inBatches(isOver, async () => {
    const batch = await devices.walk(after, BATCH);
    const stateOf = await findSessionStates(
      batch.map((device) => ({ userId: device.user_id, sessionId: device.session_id })),
    );
    const ended = batch.filter((device) => stateOf(device.user_id, device.session_id) === 'ended');
    await devices.forget(ended);
    for (const userId of new Set(ended.map((device) => device.user_id))) await recordDeviceCount(userId);
    removed += ended.length;
    const last = batch.length < BATCH ? undefined : batch.at(-1);
    after = last?.id ?? 0;
    await jobs.savePosition(JOB, after);
    return last !== undefined;
  });
  return { removed, complete };
};
