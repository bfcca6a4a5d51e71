import { itemsOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery } from '../contract/schemas.ts';
import { findSessionStates } from '../sessions/find-session-states.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Device } from './contract.ts';
import { deviceStore } from './live.ts';
import type { DeviceStore } from './stores/devices.ts';
import { toDevice } from './to-device.ts';

export interface ListDevicesEffects {
  readonly devices: Pick<DeviceStore, 'list'>;
  readonly findSessionStates: typeof findSessionStates;
}

const liveEffects: ListDevicesEffects = {
  devices: deviceStore,
  findSessionStates: (keys) => findSessionStates(keys),
};

/** The actor's devices whose sessions are still active, newest first. */
export const listDevices = async (
  actor: Actor,
  page: PageQuery,
  effects: ListDevicesEffects = liveEffects,
): Promise<Page<Device>> => {
  const rows = await effects.devices.list(actor.userId);
  const stateOf = await effects.findSessionStates(
    rows.map((row) => ({ userId: row.user_id, sessionId: row.session_id })),
  );
  const live = rows.filter((row) => stateOf(row.user_id, row.session_id) !== 'ended');
  return toPage(itemsOf(live, page).map(toDevice), live.length, page);
};
