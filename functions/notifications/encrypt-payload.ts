import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';

/** The size of the only record, and the maximum of the whole body, in bytes: every push service accepts this much. */
const RECORD_BYTES = 4096;

/** Bytes of the header: 16 of salt, 4 of the record size, 1 of the key length, and 65 of the key. */
const HEADER_BYTES = 86;
/** Bytes of the authentication tag and of the delimiter after the content. */
const OVERHEAD_BYTES = 17;

/** The longest payload of a push, in bytes. */
export const PAYLOAD_BYTES_MAX = RECORD_BYTES - HEADER_BYTES - OVERHEAD_BYTES;

/** The keys of a push subscription, in base64url. */
export interface SubscriptionKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** Values that are generated for each message. */
export interface Ephemeral {
  /** The private key in base64url; tests pass a known one. */
  readonly privateKey?: string;
  readonly salt?: Buffer;
}

/**
 * Encrypts a payload for a subscription (RFC 8291, in the content coding aes128gcm of RFC 8188). Only the device can
 * decrypt it: neither the push service, nor the queue, nor the function that sends it.
 *
 * @throws RangeError when the payload is too long
 */
export const encryptPayload = (
  payload: Buffer,
  keys: SubscriptionKeys,
  { privateKey, salt = randomBytes(16) }: Ephemeral = {},
): Buffer => {
  if (payload.length > PAYLOAD_BYTES_MAX)
    throw new RangeError(`A payload of ${payload.length} bytes is too long`);
  const receiver = Buffer.from(keys.p256dh, 'base64url');
  const ecdh = createECDH('prime256v1');
  if (privateKey === undefined) ecdh.generateKeys();
  else ecdh.setPrivateKey(privateKey, 'base64url');
  const sender = ecdh.getPublicKey();
  const derive = (key: Buffer, seed: Buffer, info: Buffer | string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, seed, info, bytes));
  const secret = derive(
    ecdh.computeSecret(receiver),
    Buffer.from(keys.auth, 'base64url'),
    Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender]),
    32,
  );
  const contentKey = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12);
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce);
  // The delimiter octet 2 marks the last record.
  const record = Buffer.concat([cipher.update(payload), cipher.update(Buffer.of(2)), cipher.final()]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(RECORD_BYTES);
  return Buffer.concat([salt, size, Buffer.of(sender.length), sender, record, cipher.getAuthTag()]);
};
