import { compare, genSalt, hash } from 'bcryptjs';
import * as z from 'zod';

/** bcrypt's cost: each step doubles the work. 12 is a quarter of a second of a whole vCPU. */
const cost = z.coerce
  .number()
  .int()
  .min(4)
  .max(16)
  .parse(process.env['PASSWORD_COST'] ?? '12');

export const hashPassword = async (password: string): Promise<string> => hash(password, await genSalt(cost));

/** Makes the comparison of passwords. @param compareHash bcrypt's, which takes the time */
export const createPasswordCheck = (compareHash = compare) => {
  let decoy: Promise<string> | undefined;
  /**
   * Compares a password with a stored hash. Without a hash (nobody has that name) it works as long and says no,
   * so the time tells nothing.
   */
  return async (password: string, storedHash: string | undefined): Promise<boolean> => {
    decoy ??= hashPassword('nobody has this password');
    const matches = await compareHash(password, storedHash ?? (await decoy));
    return matches && storedHash !== undefined;
  };
};

export const verifyPassword = createPasswordCheck();
