import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import { privateKeysIn, publicJwkOf, type PrivateJwk } from '../../functions/platform/token-keys.ts';
import { brokenTokens } from './broken-tokens.ts';

/** The signing key of the service that `global-setup.ts` has started, read from its Secrets Manager's file. */
const signingKey = (): PrivateJwk => {
  const folder = process.env['TEST_DATA_DIRECTORY'];
  if (folder === undefined) throw new Error('TEST_DATA_DIRECTORY is not set: run the tests by npm test');
  const secrets = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as Record<
    string,
    { readonly AWSCURRENT: { readonly value: string } }
  >;
  for (const { AWSCURRENT } of Object.values(secrets)) {
    const [key] = privateKeysIn(AWSCURRENT.value);
    if (key !== undefined) return key;
  }
  throw new Error('The service has no signing key');
};

// The types of jsonwebtoken do not show that it passes keys to Node's crypto unchanged.
const keyOf = (key: PrivateJwk): jwt.PrivateKey => ({ key, format: 'jwk' }) as unknown as jwt.PrivateKey;

/** A user's token with other claims, signed by the service's own key. */
export const resigned = (token: string, claims: jwt.JwtPayload): string => {
  const key = signingKey();
  return jwt.sign({ ...(jwt.decode(token) as jwt.JwtPayload), ...claims }, keyOf(key), {
    algorithm: 'ES256',
    keyid: key.kid,
  });
};

/** Invalid variants of a valid token, each with the code of the error that it must cause. */
export const badTokens = (
  token: string,
): readonly { readonly what: string; readonly token: string; readonly code: string }[] => {
  const { kid } = signingKey();
  const claims = jwt.decode(token) as jwt.JwtPayload;
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  const invalid = (what: string, bad: string) => ({ what, token: bad, code: 'invalid_token' });
  const { privateKey: foreign } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return [
    {
      what: 'expired',
      token: resigned(token, { iat: hourAgo - 60, exp: hourAgo }),
      code: 'token_expired',
    },
    invalid('forged', jwt.sign(claims, foreign, { algorithm: 'ES256', keyid: kid })),
    invalid('for another audience', resigned(token, { aud: 'another-service' })),
    invalid('of another issuer', resigned(token, { iss: 'another-service' })),
  ];
};

/** Variants of a valid token with a broken part. */
export const brokenTokensOf = (token: string): ReturnType<typeof brokenTokens> =>
  brokenTokens(token, createPublicKey({ key: publicJwkOf(signingKey()), format: 'jwk' }));
