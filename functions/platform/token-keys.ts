import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import * as z from 'zod';
import { epochSeconds, systemClock, type Clock } from './clock.ts';
import { environmentOf } from './environment.ts';
import { readAtMostEvery } from './read-once.ts';
import { readSecret } from './secrets.ts';

/** The public key of an ES256 key pair, as a JSON Web Key (RFC 7517). */
const PublicJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().min(1),
  y: z.string().min(1),
  kid: z.string().min(1),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

const PrivateJwk = PublicJwk.extend({ d: z.string().min(1), made_at: z.iso.datetime() });
export type PrivateJwk = z.infer<typeof PrivateJwk>;

/** The content of the secret with the public keys: every key whose tokens are accepted. */
const VerificationKeySet = z.object({ keys: z.array(PublicJwk).min(1) });
/** The content of the secret with the private keys, newest first. */
const SigningKeySet = z.object({ keys: z.array(PrivateJwk).min(1) });

/** A key and its `kid`, the key id in a token's header. */
export interface TokenKey {
  readonly kid: string;
  readonly key: KeyObject;
}

export interface SigningKeys {
  /** The key that signs at present. @throws Error when the secret has no key */
  current(): Promise<TokenKey>;
}

export interface VerificationKeys {
  /** The public key with that `kid`; undefined when there is none. @throws Error when the secret has no key */
  find(kid: string): Promise<KeyObject | undefined>;
}

/** How long an execution environment caches the keys, in seconds. */
const REFRESH_SECONDS = 5 * 60;

/**
 * How long a new key is published before it signs, in seconds: by then every execution environment has read it. An
 * unknown `kid` is therefore forged, and does not cause another read of the secret.
 */
export const PUBLISHED_AHEAD_SECONDS = 2 * REFRESH_SECONDS;

/**
 * How long after its successor has started to sign a key may still sign, in seconds: in an execution environment
 * whose cached keys have not expired.
 */
export const SIGNS_LATE_SECONDS = REFRESH_SECONDS;

/** Generates a key pair for ES256. */
export const newPrivateJwk = (now: Date): PrivateJwk => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return PrivateJwk.parse({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    made_at: now.toISOString(),
  });
};

/** The public key of a key pair. */
export const publicJwkOf = ({ kty, crv, x, y, kid }: PrivateJwk): PublicJwk => ({ kty, crv, x, y, kid });

/** Serializes keys for their secret. */
export const keySetText = (keys: readonly (PublicJwk | PrivateJwk)[]): string => JSON.stringify({ keys });

const parsedBy = <S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> | undefined => {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
};

/** Parses the private keys in a secret, newest first; empty for the random text of a secret that was just created. */
export const privateKeysIn = (text: string | undefined): readonly PrivateJwk[] =>
  parsedBy(SigningKeySet, text)?.keys ?? [];

/** Parses the public keys in a secret; empty for the random text of a secret that was just created. */
export const publicKeysIn = (text: string | undefined): readonly PublicJwk[] =>
  parsedBy(VerificationKeySet, text)?.keys ?? [];

/** Caches the keys of a secret for `REFRESH_SECONDS`. @throws Error when the secret has no key */
const cached = <Key>(
  readKeys: () => Promise<readonly Key[]>,
  clock: Clock,
  secretName: string,
): (() => Promise<readonly Key[]>) =>
  readAtMostEvery(
    async () => {
      const keys = await readKeys();
      if (keys.length === 0) throw new Error(`The secret of the ${secretName} holds no key`);
      return keys;
    },
    REFRESH_SECONDS * 1000,
    clock,
  );

interface CachedPrivateKey extends TokenKey {
  readonly madeAt: number;
}

/** Signs with the newest private key of a secret that has been published for `PUBLISHED_AHEAD_SECONDS`. */
export const signingKeysFrom = (
  read: () => Promise<string | undefined>,
  clock: Clock = systemClock,
): SigningKeys => {
  const load = cached<CachedPrivateKey>(
    async () =>
      privateKeysIn(await read()).map(({ kid, made_at: madeAt, ...jwk }) => ({
        kid,
        key: createPrivateKey({ key: jwk, format: 'jwk' }),
        madeAt: epochSeconds(new Date(madeAt)),
      })),
    clock,
    'signing keys',
  );
  return {
    current: async () => {
      const keys = await load();
      const publishedSince = epochSeconds(clock()) - PUBLISHED_AHEAD_SECONDS;
      // A stage's first key signs at once, since there is no earlier one.
      const key = keys.find(({ madeAt }) => madeAt <= publishedSince) ?? keys.at(-1);
      if (key === undefined) throw new Error('There is no signing key');
      return key;
    },
  };
};

/** Finds public keys of a secret. */
export const verificationKeysFrom = (
  read: () => Promise<string | undefined>,
  clock: Clock = systemClock,
): VerificationKeys => {
  const load = cached<TokenKey>(
    async () =>
      publicKeysIn(await read()).map(({ kid, ...jwk }) => ({
        kid,
        key: createPublicKey({ key: jwk, format: 'jwk' }),
      })),
    clock,
    'verification keys',
  );
  return { find: async (kid) => (await load()).find((key) => key.kid === kid)?.key };
};

/** The private keys of this stage. */
export const signingKeys: SigningKeys = signingKeysFrom(() =>
  readSecret(environmentOf('signing-keys').SIGNING_KEYS_SECRET_ARN),
);

/** The public keys of this stage. */
export const verificationKeys: VerificationKeys = verificationKeysFrom(() =>
  readSecret(environmentOf('verification-keys').VERIFICATION_KEYS_SECRET_ARN),
);
