import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { signingKeys, type SigningKeys } from '../platform/signing-keys.ts';
import { limits } from '../routes/limits.ts';
import type { Actor } from './actor.ts';
import { ServiceError } from './service-error.ts';

const ALGORITHM = 'HS256';
const ISSUER = 'chat-service';
const AUDIENCE = 'chat-service-clients';

const Claims = z.object({
  sub: z.string().regex(/^[1-9]\d{0,15}$/),
  sid: z.string().min(1),
  username: z.string().min(1),
  exp: z.int(),
});

export interface TokenEffects {
  readonly keys: SigningKeys;
  readonly clock: Clock;
}

const liveEffects: TokenEffects = { keys: signingKeys, clock: systemClock };

/** A signed access token of a session, good for `limits.access_token_seconds`. */
export const issueAccessToken = async (
  subject: Pick<Actor, 'userId' | 'username' | 'sessionId'>,
  { keys, clock }: TokenEffects = liveEffects,
): Promise<string> => {
  const key = await keys.current();
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
    key.secret,
    { algorithm: ALGORITHM, keyid: key.kid },
  );
};

/**
 * Who an access token speaks for. The algorithm is pinned: neither `none` nor a key of another kind gets in.
 *
 * @throws ServiceError `token_expired` or `invalid_token`
 */
export const verifyAccessToken = async (
  token: string,
  { keys, clock }: TokenEffects = liveEffects,
): Promise<Actor> => {
  const kid = jwt.decode(token, { complete: true })?.header.kid;
  const key = typeof kid === 'string' ? await keys.find(kid) : undefined;
  if (key === undefined) throw new ServiceError('invalid_token');
  let payload: unknown;
  try {
    payload = jwt.verify(token, key.secret, {
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
  return { userId: Number(sub), sessionId: sid, username, tokenExpiresAt: exp };
};
