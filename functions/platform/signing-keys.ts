import * as z from 'zod';
import { epochSeconds, systemClock } from './clock.ts';
import { environmentOf } from './environment.ts';
import { readSecret } from './secrets.ts';

/** A key for access tokens; `kid` names it in the token's header. */
export interface SigningKey {
  readonly kid: string;
  readonly secret: string;
}

/** Where tokens find the key that they are signed with and the keys that they are accepted under. */
export interface SigningKeys {
  /** The key to sign with. */
  current(): Promise<SigningKey>;
  /** The key of that name, or undefined when there is none in force. */
  find(kid: string): Promise<SigningKey | undefined>;
}

const Secret = z.object({ kid: z.string().min(1), secret: z.string().min(32) });

const MadeAt = z.object({ made_at: z.iso.datetime().optional() });

/** A key as the secret holds it. */
export const secretOfKey = (key: SigningKey, madeAt: Date): string =>
  JSON.stringify({ ...key, made_at: madeAt.toISOString() });

/** When the key was made that signs now; undefined for the one that the deployment generated. */
export const currentKeyMadeAt = async (
  read: () => Promise<string | undefined>,
): Promise<Date | undefined> => {
  const { made_at: madeAt } = MadeAt.parse(JSON.parse((await read()) ?? '{}'));
  return madeAt === undefined ? undefined : new Date(madeAt);
};

const REFRESH_SECONDS = 5 * 60;
// A token under a key that is not known may come from a rotation a moment ago, or from a forger.
const RETRY_SECONDS = 10;

/**
 * The keys of the secret: its current version signs, its current and previous versions are accepted, so a
 * rotation logs nobody out.
 */
export const signingKeysFrom = (
  read: typeof readSecret,
  secretId: () => string,
  clock = systemClock,
): SigningKeys => {
  let keys: readonly SigningKey[] = [];
  let readAt = 0;

  const load = async (maxAge: number): Promise<readonly SigningKey[]> => {
    const now = epochSeconds(clock());
    if (keys.length > 0 && now - readAt < maxAge) return keys;
    const id = secretId();
    const texts = await Promise.all([read(id, 'AWSCURRENT'), read(id, 'AWSPREVIOUS')]);
    const found = texts.filter((text) => text !== undefined).map((text) => Secret.parse(JSON.parse(text)));
    keys = found;
    readAt = now;
    return keys;
  };

  return {
    current: async () => {
      const [current] = await load(REFRESH_SECONDS);
      if (current === undefined) throw new Error('The secret of the signing keys has no value');
      return current;
    },
    find: async (kid) => {
      const named = (key: SigningKey): boolean => key.kid === kid;
      return (await load(REFRESH_SECONDS)).find(named) ?? (await load(RETRY_SECONDS)).find(named);
    },
  };
};

/** The keys of this stage. */
export const signingKeys: SigningKeys = signingKeysFrom(
  readSecret,
  () => environmentOf('signing-keys').SIGNING_KEYS_SECRET_ARN,
);
