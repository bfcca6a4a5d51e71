import type { Device } from './contract.ts';
import type { DeviceRow } from './stores/devices.ts';

/** Renders a device for its user, without its token and keys. */
export const toDevice = ({ id, kind, name, created_at: createdAt }: DeviceRow): Device => ({
  id,
  kind,
  name,
  created_at: createdAt.toISOString(),
});
