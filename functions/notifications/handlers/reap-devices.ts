import { jobHandler } from '../../transport/jobs.ts';
import { reapDevices as route } from '../contract.ts';
import { reapDevices } from '../reap-devices.ts';

export const handler = jobHandler(route, () => reapDevices());
