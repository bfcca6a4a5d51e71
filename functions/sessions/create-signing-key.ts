import { keySetText, newPrivateJwk, privateKeysIn, publicJwkOf } from '../platform/token-keys.ts';
import { publishSigningKeys } from './publish-signing-keys.ts';
import { liveSigningKeys, type SigningKeysEffects } from './signing-keys.ts';

/** The result of a run at a deployment. */
export interface CreateSigningKeyReport {
  readonly created: boolean;
}

/**
 * Creates the first key of a stage, whose secrets CloudFormation has filled with random text. Publishes the keys
 * again when the secret of the public keys lacks one of them. A run that finds both secrets in order is a no-op.
 *
 * @throws Error when the keys could not be stored or published
 */
export const createSigningKey = async (
  effects: SigningKeysEffects = liveSigningKeys,
): Promise<CreateSigningKeyReport> => {
  const created = privateKeysIn(await effects.signing.read()).length === 0;
  if (created) {
    const keys = [newPrivateJwk(effects.clock())];
    await effects.verification.put(keySetText(keys.map(publicJwkOf)));
    await effects.signing.put(keySetText(keys));
  }
  await publishSigningKeys(effects);
  return { created };
};
