import { ECDH } from 'node:crypto';

/** Whether a base64url string of 65 bytes is a point on the curve P-256. */
export const isP256Point = (p256dh: string): boolean => {
  const bytes = Buffer.from(p256dh, 'base64url');
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  try {
    // Throws when the point is not on the curve.
    ECDH.convertKey(bytes, 'prime256v1');
    return true;
  } catch {
    return false;
  }
};
