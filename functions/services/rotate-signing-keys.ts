import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import { putSecret, readSecret } from '../platform/secrets.ts';
import { currentKeyMadeAt, secretOfKey } from '../platform/signing-keys.ts';
import { limits } from '../routes/limits.ts';

export interface RotateSigningKeysEffects {
  readonly clock: Clock;
  /** When the key was made that signs now; undefined for the one of the deployment. */
  readonly madeAt: () => Promise<Date | undefined>;
  readonly put: (secret: string) => Promise<void>;
}

const secretId = (): string => environmentOf('signing-keys-rotation').SIGNING_KEYS_SECRET_ARN;

const liveEffects: RotateSigningKeysEffects = {
  clock: systemClock,
  madeAt: () => currentKeyMadeAt(() => readSecret(secretId())),
  put: (secret) => putSecret(secretId(), secret),
};

/** What a run of the rotation did. */
export interface RotateSigningKeysReport {
  readonly rotated: boolean;
}

/**
 * Two keys are accepted, so a key has to sign for longer than a token under the one before it lives. The scheduler may
 * start a run twice, and tries one that failed again within the hour.
 */
const KEY_AGE_MIN_MS = 1000 * Math.max(3600, 2 * limits.access_token_seconds);

/** Puts a new key into force; tokens under the one before are accepted until they run out. */
export const rotateSigningKeys = async (
  effects: RotateSigningKeysEffects = liveEffects,
): Promise<RotateSigningKeysReport> => {
  const now = effects.clock();
  const madeAt = await effects.madeAt();
  if (madeAt !== undefined && now.getTime() - madeAt.getTime() < KEY_AGE_MIN_MS) return { rotated: false };
  await effects.put(secretOfKey({ kid: randomUUID(), secret: randomBytes(48).toString('base64url') }, now));
  return { rotated: true };
};
