import { compare, genSalt, hash } from 'bcryptjs';
import * as z from 'zod';
import { fitsBcrypt, normalizePassword } from './password-text.ts';

const COST_MIN = 4;
const COST_MAX = 16;

/** bcrypt's cost: each step doubles the work. 12 takes a quarter of a second on a full vCPU. */
const cost = z.coerce
  .number()
  .int()
  .min(COST_MIN)
  .max(COST_MAX)
  .parse(process.env['PASSWORD_COST'] ?? '12');

/** Hashes a password's NFC with bcrypt. The caller has checked that the password fits (`NewPassword`). */
export const hashPassword = async (password: string): Promise<string> =>
  hash(normalizePassword(password), await genSalt(cost));

/**
 * Whether a stored text is a bcrypt hash that can be compared in bounded time. bcryptjs throws for an unknown version or
 * cost, and a cost of 31 would take days.
 */
const isComparable = (storedHash: string): boolean => {
  const rounds = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(storedHash)?.[1];
  return rounds !== undefined && Number(rounds) >= COST_MIN && Number(rounds) <= COST_MAX;
};

/** Creates the comparison of passwords. @param compareHash bcrypt's comparison, which a test replaces to count calls */
export const createPasswordCheck = (compareHash = compare) => {
  let decoy: Promise<string> | undefined;
  /**
   * Compares a password's NFC with a stored hash. A password that bcrypt would truncate (beyond 72 bytes) or misread
   * (NUL, a lone surrogate) never matches. Such a password, or a missing hash, costs one comparison as well, so that
   * the time reveals nothing.
   */
  return async (password: string, storedHash: string | undefined): Promise<boolean> => {
    decoy ??= hashPassword('nobody has this password');
    const canMatch = fitsBcrypt(password) && storedHash !== undefined && isComparable(storedHash);
    const matches = await compareHash(
      canMatch ? normalizePassword(password) : 'no password',
      canMatch ? storedHash : await decoy,
    );
    return matches && canMatch;
  };
};

/** Whether a password matches a stored hash. */
export const verifyPassword = createPasswordCheck();
