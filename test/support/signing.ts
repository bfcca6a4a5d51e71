import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';

/** The key with which the service that `global-setup.ts` started signs: where its Secrets Manager keeps it. */
const signingKey = (): { readonly kid: string; readonly secret: string } => {
  const folder = process.env['TEST_DATA_DIRECTORY'];
  if (folder === undefined) throw new Error('TEST_DATA_DIRECTORY is not set: run the tests by npm test');
  const secrets = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as Record<
    string,
    { readonly AWSCURRENT: { readonly value: string } }
  >;
  for (const { AWSCURRENT } of Object.values(secrets)) {
    const value = JSON.parse(AWSCURRENT.value) as { kid?: string; secret?: string };
    if (value.kid !== undefined && value.secret !== undefined)
      return { kid: value.kid, secret: value.secret };
  }
  throw new Error('The service has no signing key');
};

/** Someone's token with other claims, signed by the service's own key. */
export const resigned = (token: string, claims: jwt.JwtPayload): string => {
  const { kid, secret } = signingKey();
  return jwt.sign({ ...(jwt.decode(token) as jwt.JwtPayload), ...claims }, secret, { keyid: kid });
};

/** Tokens that are not good, made of one that is; with the code that each is refused with. */
export const badTokens = (
  token: string,
): readonly { readonly what: string; readonly token: string; readonly code: string }[] => {
  const { kid, secret } = signingKey();
  const claims = jwt.decode(token) as jwt.JwtPayload;
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  const invalid = (what: string, bad: string) => ({ what, token: bad, code: 'invalid_token' });
  return [
    {
      what: 'expired',
      token: resigned(token, { iat: hourAgo - 60, exp: hourAgo }),
      code: 'token_expired',
    },
    invalid('forged', jwt.sign(claims, 'x'.repeat(64), { keyid: kid })),
    invalid('of alg none', jwt.sign(claims, '', { keyid: kid, algorithm: 'none' })),
    invalid('of another algorithm', jwt.sign(claims, secret, { keyid: kid, algorithm: 'HS512' })),
    invalid('for another audience', resigned(token, { aud: 'another-service' })),
    invalid('of another issuer', resigned(token, { iss: 'another-service' })),
  ];
};
