import type { Device } from './contract.ts';
import type { DeviceRow } from './stores/devices.ts';

/** A device as its user sees it: without its token and keys. */
export const toDevice = ({ id, kind, name, created_at: createdAt }: DeviceRow): Device => ({
  id,
  kind,
  name,
  created_at: createdAt.toISOString(),
});
