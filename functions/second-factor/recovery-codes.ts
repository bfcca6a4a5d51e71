import { createHash, randomBytes } from 'node:crypto';
import { toBase32 } from './totp.ts';

const CODES = 10;

/** 80 random bits: too many to guess, so a fast hash suffices. */
const CODE_BYTES = 10;

const FORM = /^[A-Z2-7]{16}$/;

/** Generates ten codes, each with four groups of four letters and digits. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: CODES }, () =>
    (toBase32(randomBytes(CODE_BYTES)).toLowerCase().match(/.{4}/g) ?? []).join('-'),
  );

/**
 * The hash under which a user's recovery code is stored: SHA-256 in base64url.
 *
 * @param code as the user typed it: case, spaces and hyphens are ignored
 * @returns undefined when the text is not a recovery code
 */
export const hashRecoveryCode = (userId: number, code: string): string | undefined => {
  const plain = code.replaceAll(/[\s-]/g, '').toUpperCase();
  if (!FORM.test(plain)) return undefined;
  return createHash('sha256').update(`${userId}:${plain}`).digest('base64url');
};
