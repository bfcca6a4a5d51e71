import { limits } from '../contract/limits.ts';
import {
  PUBLISHED_AHEAD_SECONDS,
  SIGNS_LATE_SECONDS,
  keySetText,
  newPrivateJwk,
  privateKeysIn,
  publicJwkOf,
} from '../platform/token-keys.ts';
import { publishSigningKeys } from './publish-signing-keys.ts';
import { liveSigningKeys, type SigningKeysEffects } from './signing-keys.ts';

/** The result of a run. */
export interface RotateSigningKeysReport {
  readonly rotated: boolean;
}

/**
 * The minimum age of the newest key before another one is created. Only two keys are published, so the newest must
 * stay until no token of the key before it is valid. The scheduler may start a run twice, and retries a failed one
 * within the hour.
 */
const KEY_AGE_MIN_MS =
  1000 * Math.max(3600, PUBLISHED_AHEAD_SECONDS + SIGNS_LATE_SECONDS + limits.access_token_seconds);

/** Creates a new key when the newest one is old enough. @returns whether it did */
const rotate = async ({ clock, signing, verification }: SigningKeysEffects): Promise<boolean> => {
  const now = clock();
  const [newest] = privateKeysIn(await signing.read());
  const age = newest === undefined ? Infinity : now.getTime() - Date.parse(newest.made_at);
  if (age < KEY_AGE_MIN_MS) return false;
  const keys = [newPrivateJwk(now), ...(newest === undefined ? [] : [newest])];
  await verification.put(keySetText(keys.map(publicJwkOf)));
  await signing.put(keySetText(keys));
  return true;
};

/**
 * Publishes a new key, which signs after `PUBLISHED_AHEAD_SECONDS`; tokens of the previous key stay valid until they
 * expire. A run that fails between writing the two secrets has published a key that never signs; the next run
 * replaces it. After every run all signing keys are published, even when it had to repair the result of two
 * concurrent runs.
 *
 * @throws Error when the keys could not be stored or published
 */
export const rotateSigningKeys = async (
  effects: SigningKeysEffects = liveSigningKeys,
): Promise<RotateSigningKeysReport> => {
  const rotated = await rotate(effects);
  await publishSigningKeys(effects);
  return { rotated };
};
