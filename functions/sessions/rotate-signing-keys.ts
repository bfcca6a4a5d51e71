import { limits } from '../contract/limits.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import { putSecret, readSecret } from '../platform/secrets.ts';
import {
  PUBLISHED_AHEAD_SECONDS,
  SIGNS_LATE_SECONDS,
  keySetText,
  newPrivateJwk,
  privateKeysIn,
  publicJwkOf,
  publicKeysIn,
} from '../platform/token-keys.ts';

/** A secret that is read and written. */
interface KeySecret {
  readonly read: () => Promise<string | undefined>;
  readonly put: (text: string) => Promise<void>;
}

export interface SigningKeysEffects {
  readonly clock: Clock;
  /** The private keys. */
  readonly signing: KeySecret;
  /** The public keys. */
  readonly verification: KeySecret;
}

const secretBehind = (secretId: () => string): KeySecret => ({
  read: () => readSecret(secretId()),
  put: (text) => putSecret(secretId(), text),
});

const liveEffects: SigningKeysEffects = {
  clock: systemClock,
  signing: secretBehind(() => environmentOf('signing-keys-rotation').SIGNING_KEYS_SECRET_ARN),
  verification: secretBehind(() => environmentOf('signing-keys-rotation').VERIFICATION_KEYS_SECRET_ARN),
};

/** What a run of the rotation did. */
export interface RotateSigningKeysReport {
  readonly rotated: boolean;
}

/**
 * Two keys are accepted, so a key stays the newest until no token of the key before is good any more. The scheduler may
 * start a run twice, and tries one that failed again within the hour.
 */
const KEY_AGE_MIN_MS =
  1000 * Math.max(3600, PUBLISHED_AHEAD_SECONDS + SIGNS_LATE_SECONDS + limits.access_token_seconds);

/**
 * Publishes a new key, which signs ten minutes later; tokens under the one before are accepted until they run out.
 * A run that breaks off between the two secrets has published a key that never signs, and the next run replaces it.
 */
export const rotateSigningKeys = async (
  effects: SigningKeysEffects = liveEffects,
): Promise<RotateSigningKeysReport> => {
  const now = effects.clock();
  const [newest] = privateKeysIn(await effects.signing.read());
  const age = newest === undefined ? Infinity : now.getTime() - Date.parse(newest.made_at);
  if (age < KEY_AGE_MIN_MS) return { rotated: false };
  const keys = [newPrivateJwk(now), ...(newest === undefined ? [] : [newest])];
  await effects.verification.put(keySetText(keys.map(publicJwkOf)));
  await effects.signing.put(keySetText(keys));
  return { rotated: true };
};

/** What a run at a deployment did. */
export interface CreateSigningKeyReport {
  readonly created: boolean;
}

/**
 * Makes the first key of a stage, whose secrets CloudFormation fills with random text; and publishes again what signs,
 * should the two secrets not fit each other. Where they do, it changes nothing.
 */
export const createSigningKey = async (
  effects: SigningKeysEffects = liveEffects,
): Promise<CreateSigningKeyReport> => {
  const [signing, verification] = await Promise.all([effects.signing.read(), effects.verification.read()]);
  const present = privateKeysIn(signing);
  const keys = present.length > 0 ? present : [newPrivateJwk(effects.clock())];
  const published = new Set(publicKeysIn(verification).map(({ kid }) => kid));
  if (!keys.every(({ kid }) => published.has(kid))) {
    await effects.verification.put(keySetText(keys.map(publicJwkOf)));
  }
  if (present.length > 0) return { created: false };
  await effects.signing.put(keySetText(keys));
  return { created: true };
};
