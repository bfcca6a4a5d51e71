import { createHash } from 'node:crypto';

/**
 * Identifies a stored password hash without revealing it: SHA-256 in hexadecimal, as MySQL's `SHA2(…, 256)` writes it.
 * Every hash has its own salt, so that the same password set again has another fingerprint.
 */
export const passwordFingerprint = (passwordHash: string): string =>
  createHash('sha256').update(passwordHash).digest('hex');
