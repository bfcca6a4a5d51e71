import { randomBytes, randomFillSync } from 'node:crypto';

/**
 * An identifier in API Gateway's format for requests, messages and connections: 11 bytes in URL-safe base64 with
 * padding, such as `L0SM9cOFvHcCIhw=`.
 */
export const newGatewayId = (): string => {
  if (used + idBytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = `${pool.toString('base64url', used, used + idBytes)}=`;
  used += idBytes;
  return id;
};

export const isGatewayId = (value: string): boolean => /^[A-Za-z0-9_-]{15}=$/.test(value);

/** A value for `X-Amzn-Trace-Id`, such as `Root=1-5e6722a7-cc56ab0146db7ae02d4da47e`. */
export const newTraceId = (epochMs: number): string => {
  const seconds = Math.floor(epochMs / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
};

const idBytes = 11;
// One system call yields many identifiers: every request takes at least one.
const pool = Buffer.alloc(idBytes * 256);
let used = pool.length;
