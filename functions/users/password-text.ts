import { PASSWORD_BYTES_MAX } from '../contract/limits.ts';

const utf8 = new TextEncoder();

/**
 * The length of a text, in UTF-16 code units, beyond which its NFC exceeds 72 bytes: composition shortens a text to
 * no less than a third (Unicode FAQ, Normalization). A longer text is rejected without the cost of normalizing it.
 */
const CODE_UNITS_MAX = 3 * PASSWORD_BYTES_MAX;

/**
 * Normalizes a password to NFC for hashing and comparing: some keyboards produce é as one code point, others as two.
 */
export const normalizePassword = (password: string): string => password.normalize('NFC');

/** Whether bcrypt reads every byte of the password's NFC: at most 72 bytes of UTF-8, no NUL, no lone surrogate. */
export const fitsBcrypt = (password: string): boolean =>
  password.length <= CODE_UNITS_MAX &&
  !password.includes('\u0000') &&
  password.isWellFormed() &&
  utf8.encode(normalizePassword(password)).length <= PASSWORD_BYTES_MAX;

/**
 * The number of code points in a password's NFC; only a lower bound for a password that is longer than bcrypt reads.
 */
export const passwordCharacters = (password: string): number =>
  Array.from(normalizePassword(password.slice(0, CODE_UNITS_MAX))).length;
