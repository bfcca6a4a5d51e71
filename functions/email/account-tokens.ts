import { createHash, randomBytes } from 'node:crypto';
import { ServiceError } from '../contract/service-error.ts';

/** The purpose of a token sent by mail. */
export type TokenPurpose = 'verification' | 'reset';

/** Lifetime of a token, in seconds. */
export const TOKEN_SECONDS: Readonly<Record<TokenPurpose, number>> = {
  verification: 24 * 60 * 60,
  reset: 60 * 60,
};

/**
 * The hash under which a token is stored: SHA-256 in base64url. A token is random, so a slow password hash is not
 * needed.
 */
export const hashAccountToken = (token: string): string =>
  createHash('sha256').update(token.toWellFormed()).digest('base64url');

/** Generates a token of 32 random bytes, in base64url, with its hash. */
export const newAccountToken = (): { readonly token: string; readonly hash: string } => {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashAccountToken(token) };
};

/** The error for a token that has been superseded, used, has expired or never existed: it does not say which. */
export const invalidToken = (): ServiceError => new ServiceError('invalid_token_given', { path: 'token' });
