import { createHash } from 'node:crypto';

/**
 * Tells one stored password hash from another without being one: SHA-256 in hexadecimal, as MySQL's `SHA2(…, 256)`
 * writes it. Each hash has a salt of its own, so the same password set again has another fingerprint.
 */
export const passwordFingerprint = (passwordHash: string): string =>
  createHash('sha256').update(passwordHash).digest('hex');
