import { PASSWORD_BYTES_MAX } from '../contract/limits.ts';

const utf8 = new TextEncoder();

/**
 * The longest text, in UTF-16 code units, that may have 72 bytes in NFC: composing makes a text at most three times
 * shorter (Unicode FAQ, Normalization). What is longer is not normalized, which would take long.
 */
const CODE_UNITS_MAX = 3 * PASSWORD_BYTES_MAX;

/** The form in which passwords are hashed and compared: keyboards write é as one character or as two. */
export const normalizePassword = (password: string): string => password.normalize('NFC');

/** Whether bcrypt takes every byte of the password in NFC: at most 72 of UTF-8, no NUL, no lone surrogate. */
export const fitsBcrypt = (password: string): boolean =>
  password.length <= CODE_UNITS_MAX &&
  !password.includes('\u0000') &&
  password.isWellFormed() &&
  utf8.encode(normalizePassword(password)).length <= PASSWORD_BYTES_MAX;

/** How many characters (code points in NFC) a password has; at least, when it is too long to be one anyway. */
export const passwordCharacters = (password: string): number =>
  Array.from(normalizePassword(password.slice(0, CODE_UNITS_MAX))).length;
