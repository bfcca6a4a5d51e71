import { baseEnvironment, environmentOf } from '../platform/environment.ts';
import { pushHostsIn, type AllowedHosts } from './endpoints.ts';

/** The hosts to which this stage may push. */
export const allowedHosts = (): AllowedHosts => ({
  services: pushHostsIn(environmentOf('push-hosts').PUSH_HOSTS),
  onThisMachine: pushHostsIn(baseEnvironment().LOCAL_PUSH_HOSTS ?? ''),
});
