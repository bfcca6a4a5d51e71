import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { deviceStore } from './live.ts';
import type { DeviceStore } from './stores/devices.ts';

export interface RecordDeviceCountEffects {
  readonly devices: Pick<DeviceStore, 'count'>;
  readonly connections: Pick<ConnectionStore, 'setDevices'>;
  readonly clock: Clock;
}

const liveEffects: RecordDeviceCountEffects = {
  devices: deviceStore,
  connections: liveConnections,
  clock: systemClock,
};

/** Maximum number of counts. Few changes of one user's devices overlap, and each is followed by a count. */
const LOOKS_MAX = 5;

/**
 * Stores the number of a user's devices in the item of their connections, so that a send learns it from the look-up
 * that it makes anyway. Counts again after writing: of overlapping changes, the last count finds the right number.
 * Never throws: when the number is missing, the job `sweep-dispatch` triggers the pushes, up to 90 s late, or an hour
 * where MySQL pauses.
 */
export const recordDeviceCount = async (
  userId: number,
  { devices, connections, clock }: RecordDeviceCountEffects = liveEffects,
): Promise<void> => {
  try {
    let noted: number | undefined;
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const count = await devices.count(userId);
      if (count === noted) return;
      await connections.setDevices(userId, count, epochSeconds(clock()));
      noted = count;
    }
  } catch (error) {
    logger.warn('How many devices a user has was not noted', { error: loggedError(error) });
  }
};
