import { keySetText, privateKeysIn, publicJwkOf, publicKeysIn } from '../platform/token-keys.ts';
import type { SigningKeysEffects } from './signing-keys.ts';

/**
 * Maximum number of attempts. Each attempt but the last was overtaken by a concurrent run, of which there are at most
 * two or three.
 */
const ATTEMPTS = 5;

/**
 * Publishes the public keys of all signing keys when the secret of the public keys lacks one of them, and checks
 * again afterwards. Every run that writes both secrets ends with this: two concurrent runs may each publish a key
 * while the other's becomes the one that signs. The run that writes last finds this and repairs it, since it reads
 * both secrets after its own writes.
 *
 * @throws Error when the secrets still differ after `ATTEMPTS`
 */
export const publishSigningKeys = async ({
  signing,
  verification,
}: Pick<SigningKeysEffects, 'signing' | 'verification'>): Promise<void> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const keys = privateKeysIn(await signing.read());
    const published = new Set(publicKeysIn(await verification.read()).map(({ kid }) => kid));
    if (keys.every(({ kid }) => published.has(kid))) return;
    await verification.put(keySetText(keys.map(publicJwkOf)));
  }
  throw new Error('The keys that sign are not all published');
};
