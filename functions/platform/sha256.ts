import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';
import type { Checksum, SourceData } from '@smithy/types';

const toKey = (secret: SourceData): KeyObject => {
  if (typeof secret === 'string') return createSecretKey(secret, 'utf8');
  const bytes = ArrayBuffer.isView(secret)
    ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
    : Buffer.from(secret);
  return createSecretKey(bytes);
};

// The signer derives its signing key once a day and passes the same byte array, or the same secret string, every
// time: the imported key is cached by that object.
const derivedKeys = new WeakMap<object, KeyObject>();
let lastSecret: { readonly text: string; readonly key: KeyObject } | undefined;

const keyOf = (secret: SourceData): KeyObject => {
  if (typeof secret === 'string') {
    if (lastSecret?.text !== secret) lastSecret = { text: secret, key: toKey(secret) };
    return lastSecret.key;
  }
  let key = derivedKeys.get(secret);
  if (key === undefined) {
    key = toKey(secret);
    derivedKeys.set(secret, key);
  }
  return key;
};

/**
 * SHA-256, or HMAC-SHA-256 when constructed with a secret, for the AWS SDK's signatures. Signing a request takes four
 * hashes; the SDK's own class creates two keys for each, which costs more than the four hashes.
 */
export class Sha256 implements Checksum {
  readonly digestLength = 32;
  readonly #secret: SourceData | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(this.#secret));
  }
}
