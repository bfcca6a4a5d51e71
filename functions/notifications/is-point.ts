import { ECDH } from 'node:crypto';

/** Whether 65 bytes in base64url are a point of P-256. */
export const isPoint = (p256dh: string): boolean => {
  const bytes = Buffer.from(p256dh, 'base64url');
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  try {
    // Refuses what is not on the curve.
    ECDH.convertKey(bytes, 'prime256v1');
    return true;
  } catch {
    return false;
  }
};
