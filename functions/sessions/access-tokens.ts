import { hash, randomUUID, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import {
  signingKeys,
  verificationKeys,
  type SigningKeys,
  type VerificationKeys,
} from '../platform/token-keys.ts';
import type { Actor } from './actor.ts';

const ALGORITHM = 'ES256';
const ISSUER = 'chat-service';
const AUDIENCE = 'chat-service-clients';

const Claims = z.object({
  sub: z.string().regex(/^[1-9]\d{0,15}$/),
  sid: z.string().min(1),
  username: z.string().min(1),
  exp: z.int(),
});

export interface IssueEffects {
  readonly keys: SigningKeys;
  readonly clock: Clock;
}

export interface VerifyEffects {
  readonly keys: VerificationKeys;
  readonly clock: Clock;
}

/** Issues an access token of a session: a JWT (RFC 7519) that is valid for `limits.access_token_seconds`. */
export const issueAccessToken = async (
  subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>,
  { keys, clock }: IssueEffects = { keys: signingKeys, clock: systemClock },
): Promise<string> => {
  const { kid, key } = await keys.current();
  const issuedAt = epochSeconds(clock());
  return jwt.sign(
    {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: String(subject.userId),
      sid: subject.sessionId,
      username: subject.username,
      iat: issuedAt,
      exp: issuedAt + limits.access_token_seconds,
      jti: randomUUID(),
    },
    key,
    { algorithm: ALGORITHM, keyid: kid },
  );
};

/** The `kid` in a token's header, unverified; undefined when the text is not a JWT. */
const claimedKeyId = (token: string): string | undefined => {
  try {
    const kid: unknown = jwt.decode(token, { complete: true })?.header.kid;
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    // jsonwebtoken throws when the parts of the token are not JSON, or have another shape.
    return undefined;
  }
};

/** The claims of a token, and the key that signed it. */
interface Verified {
  readonly actor: Actor;
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * Verifies an access token. The algorithm is pinned, so that neither `none` nor a key of another type is accepted.
 *
 * @returns the user and the session that the token names; whether the session is live is not checked
 * @throws ServiceError `token_expired`, or `invalid_token` for anything else that is wrong with the text
 * @throws what `keys.find` throws: an error of Secrets Manager is not an invalid token
 */
export const verifyAccessToken = async (token: string, effects: VerifyEffects): Promise<Actor> =>
  (await verify(token, effects)).actor;

/**
 * Whether each part of a token is the canonical base64url encoding of its bytes. The last character of a signature
 * has bits that no byte uses and that decoders ignore: without this check, other characters there would yield further
 * valid tokens.
 */
const isCanonical = (token: string): boolean =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

const verify = async (token: string, { keys, clock }: VerifyEffects): Promise<Verified> => {
  if (!isCanonical(token)) throw new ServiceError('invalid_token');
  const kid = claimedKeyId(token);
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (kid === undefined || key === undefined) throw new ServiceError('invalid_token');
  let payload: unknown;
  try {
    payload = jwt.verify(token, key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTimestamp: epochSeconds(clock()),
    });
  } catch (error) {
    throw new ServiceError(error instanceof jwt.TokenExpiredError ? 'token_expired' : 'invalid_token');
  }
  const claims = Claims.safeParse(payload);
  if (!claims.success) throw new ServiceError('invalid_token');
  const { sub, sid, username, exp } = claims.data;
  return { actor: { userId: Number(sub), sessionId: sid, username, tokenExpiresAt: exp }, kid, key };
};

/** Size of the cache of verified tokens; when it is full, it is emptied. */
const REMEMBERED_MAX = 1000;

/**
 * Creates a verification of access tokens that checks each token's signature only once, since that costs more than
 * the rest of authentication. A repeated token is recognised by its SHA-256, as long as it has not expired and the
 * key that verified it is still current; keys are read again every five minutes. See decision 76.
 */
export const createTokenVerification = (
  effects: VerifyEffects = { keys: verificationKeys, clock: systemClock },
): ((token: string) => Promise<Actor>) => {
  const verified = createBoundedCache<string, Verified>(REMEMBERED_MAX);
  const isStillGood = async ({ actor, kid, key }: Verified): Promise<boolean> =>
    epochSeconds(effects.clock()) < actor.tokenExpiresAt && (await effects.keys.find(kid)) === key;
  return async (token) => {
    const digest = hash('sha256', token, 'base64url');
    const known = verified.get(digest);
    if (known !== undefined && (await isStillGood(known))) return known.actor;
    const fresh = await verify(token, effects);
    verified.set(digest, fresh);
    return fresh.actor;
  };
};

/**
 * Verifies an access token, with the cache of this execution environment. @throws ServiceError like
 * `verifyAccessToken`
 */
export const verifyAccessTokenOnce = createTokenVerification();
