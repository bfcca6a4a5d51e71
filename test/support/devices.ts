import { createECDH, randomBytes, type ECDH } from 'node:crypto';

/** A browser's push subscription, with the private key that decrypts its push messages. */
export interface Subscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  readonly ecdh: ECDH;
}

/** A subscription with a new key pair. */
export const newSubscription = (endpoint: string): Subscription => {
  const ecdh = createECDH('prime256v1');
  const p256dh = ecdh.generateKeys('base64url');
  return { endpoint, keys: { p256dh, auth: randomBytes(16).toString('base64url') }, ecdh };
};

/** The body of a request that registers a subscription. */
export const webPushDevice = ({ endpoint, keys }: Subscription, name?: string) => ({
  kind: 'web_push',
  endpoint,
  keys,
  ...(name === undefined ? {} : { name }),
});

/** The endpoint of a new subscription at a push service that is allowed, but that no test contacts. */
export const newEndpoint = (): string =>
  `https://updates.push.services.mozilla.com/wpush/v2/${randomBytes(12).toString('hex')}`;
