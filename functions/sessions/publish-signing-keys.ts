import { keySetText, privateKeysIn, publicJwkOf, publicKeysIn } from '../platform/token-keys.ts';
import type { SigningKeysEffects } from './signing-keys.ts';

/** Each attempt but the last was overtaken by another run, of which there are two or three at a time. */
const ATTEMPTS = 5;

/**
 * Publishes the keys that sign where the secret of the public keys lacks one of them, and looks again after it did. A run
 * that writes both secrets ends with this: two runs at once may each publish a key and leave the other's as the one that
 * signs. Whichever run writes last then finds what it has to repair, since it reads both secrets after its own writes.
 *
 * @throws Error when the secrets differ after `ATTEMPTS`
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
