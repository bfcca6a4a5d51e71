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
import { readSecret } from './secrets.ts';

/** The public half of a key pair of ES256, as a JSON Web Key (RFC 7517). */
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

/** What the secret of the public keys holds: every key whose tokens are accepted. */
const VerificationKeySet = z.object({ keys: z.array(PublicJwk).min(1) });
/** What the secret of the private keys holds, newest first. */
const SigningKeySet = z.object({ keys: z.array(PrivateJwk).min(1) });

/** A key by the name that a token's header calls it by. */
export interface TokenKey {
  readonly kid: string;
  readonly key: KeyObject;
}

export interface SigningKeys {
  /** The key to sign with now. */
  current(): Promise<TokenKey>;
}

export interface VerificationKeys {
  /** The public key of that name, or undefined when there is none in force. */
  find(kid: string): Promise<KeyObject | undefined>;
}

/** A function reads keys again when what it has is so old. */
const REFRESH_SECONDS = 5 * 60;

/**
 * A new key is published for so long before it signs: by then every function has read it. So a key that a function
 * does not know is nobody's, and no forged `kid` makes it ask Secrets Manager.
 */
export const PUBLISHED_AHEAD_SECONDS = 2 * REFRESH_SECONDS;

/** Tokens of a key that signs no more are still issued for so long after its successor's turn has come. */
export const SIGNS_LATE_SECONDS = REFRESH_SECONDS;

/** Makes a key pair of ES256. */
export const newPrivateJwk = (now: Date): PrivateJwk => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return PrivateJwk.parse({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    made_at: now.toISOString(),
  });
};

/** The half that may be read by everybody. */
export const publicJwkOf = ({ kty, crv, x, y, kid }: PrivateJwk): PublicJwk => ({ kty, crv, x, y, kid });

/** A set of keys as its secret holds it. */
export const keySetText = (keys: readonly (PublicJwk | PrivateJwk)[]): string => JSON.stringify({ keys });

const parsedBy = <S extends z.ZodType>(schema: S, text: string | undefined): z.output<S> | undefined => {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
};

/** The private keys in a secret's text, newest first; none in the random text of a secret that was just made. */
export const privateKeysIn = (text: string | undefined): readonly PrivateJwk[] =>
  parsedBy(SigningKeySet, text)?.keys ?? [];

/** The public keys in a secret's text; none in the random text of a secret that was just made. */
export const publicKeysIn = (text: string | undefined): readonly PublicJwk[] =>
  parsedBy(VerificationKeySet, text)?.keys ?? [];

/** Reads a secret's keys at the first call, and again when they are older than `REFRESH_SECONDS`. */
const kept = <Key>(
  readKeys: () => Promise<readonly Key[]>,
  clock: Clock,
  secretName: string,
): (() => Promise<readonly Key[]>) => {
  let keys: readonly Key[] = [];
  let readAt = 0;
  return async () => {
    const now = epochSeconds(clock());
    if (keys.length > 0 && now - readAt < REFRESH_SECONDS) return keys;
    const found = await readKeys();
    if (found.length === 0) throw new Error(`The secret of the ${secretName} holds no key`);
    keys = found;
    readAt = now;
    return keys;
  };
};

interface KeptPrivateKey extends TokenKey {
  readonly madeAt: number;
}

/** The private keys of a secret: the newest that has been published for long enough signs. */
export const signingKeysFrom = (
  read: () => Promise<string | undefined>,
  clock: Clock = systemClock,
): SigningKeys => {
  const load = kept<KeptPrivateKey>(
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
      // The first key of a stage has none before it that could sign meanwhile.
      const key = keys.find(({ madeAt }) => madeAt <= publishedSince) ?? keys.at(-1);
      if (key === undefined) throw new Error('There is no signing key');
      return key;
    },
  };
};

/** The public keys of a secret. */
export const verificationKeysFrom = (
  read: () => Promise<string | undefined>,
  clock: Clock = systemClock,
): VerificationKeys => {
  const load = kept<TokenKey>(
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
