import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Device, RegisterDeviceBody } from './contract.ts';
import { readEndpoint, type AllowedHosts } from './endpoints.ts';
import { isP256Point } from './is-p256-point.ts';
import { deviceStore } from './live.ts';
import { recordDeviceCount } from './record-device-count.ts';
import { allowedHosts } from './push-hosts.ts';
import type { DeviceRow, DeviceStore } from './stores/devices.ts';
import { toDevice } from './to-device.ts';

export interface RegisterDeviceEffects {
  readonly devices: Pick<DeviceStore, 'register'>;
  readonly hosts: () => AllowedHosts;
  readonly recordDeviceCount: (userId: number) => Promise<void>;
  readonly clock: Clock;
}

const liveEffects: RegisterDeviceEffects = {
  devices: deviceStore,
  hosts: allowedHosts,
  recordDeviceCount: (userId) => recordDeviceCount(userId),
  clock: systemClock,
};

type Address = Pick<DeviceRow, 'token' | 'p256dh' | 'auth'>;

/** Validates the push address of a device. @throws ServiceError `endpoint_not_allowed` or `validation_failed` */
const addressOf = (
  { kind, endpoint = '', keys, token = '' }: RegisterDeviceBody,
  hosts: AllowedHosts,
): Address => {
  if (kind === 'fcm' || keys === undefined) return { token, p256dh: null, auth: null };
  const allowed = readEndpoint(endpoint, hosts);
  if (allowed === undefined || allowed.url.href.length > 2048) {
    const message = 'Must be the https address of a subscription at a known push service';
    throw new ServiceError('endpoint_not_allowed', { issues: [{ path: 'endpoint', message }] });
  }
  if (!isP256Point(keys.p256dh)) {
    const message = 'Must be a point of P-256, uncompressed';
    throw new ServiceError('validation_failed', { issues: [{ path: 'keys.p256dh', message }] });
  }
  return { token: allowed.url.href, ...keys };
};

/**
 * Registers a device for push, for as long as the actor's session lasts. A known device becomes the actor's, whoever
 * it belonged to.
 *
 * @returns the device, and whether it is new
 * @throws ServiceError `endpoint_not_allowed` or `validation_failed`
 */
export const registerDevice = async (
  actor: Actor,
  body: RegisterDeviceBody,
  effects: RegisterDeviceEffects = liveEffects,
): Promise<{ readonly device: Device; readonly isNew: boolean }> => {
  const { device, isNew, formerUserId } = await effects.devices.register(
    {
      ...addressOf(body, effects.hosts()),
      user_id: actor.userId,
      session_id: actor.sessionId,
      kind: body.kind,
      name: body.name,
      created_at: effects.clock(),
    },
    limits.devices_per_user,
  );
  await Promise.all([
    effects.recordDeviceCount(actor.userId),
    ...(formerUserId === null ? [] : [effects.recordDeviceCount(formerUserId)]),
  ]);
  return { device: toDevice(device), isNew };
};
