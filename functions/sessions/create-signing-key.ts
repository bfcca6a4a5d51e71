import {
  keySetText,
  newPrivateJwk,
  privateKeysIn,
  publicJwkOf,
  publicKeysIn,
} from '../platform/token-keys.ts';
import { liveSigningKeys, type SigningKeysEffects } from './signing-keys.ts';

/** The report of a run at a deployment. */
export interface CreateSigningKeyReport {
  readonly created: boolean;
}

/**
 * Creates the first key of a stage, whose secrets CloudFormation has filled with random text. When the secret of the
 * public keys lacks a key that signs, publishes the keys again. A run that finds both secrets in order is a no-op.
 */
export const createSigningKey = async (
  effects: SigningKeysEffects = liveSigningKeys,
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
