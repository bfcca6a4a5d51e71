import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Seconds per time step and digits per code, as every authenticator application assumes them. */
const STEP_SECONDS = 30;
const DIGITS = 6;

/** As long as the output of HMAC-SHA-1, as RFC 4226 recommends (section 4, R6). */
const SECRET_BYTES = 20;

/** How many steps a clock may be behind or ahead (RFC 6238, section 5.2). */
const DRIFT_STEPS = 1;

/** The name of the service in an authenticator application. */
const ISSUER = 'Chat';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 without padding (RFC 4648, section 6). */
export const toBase32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[parseInt(five.padEnd(5, '0'), 2)]).join('');
};

/** Decodes base32 in the way authenticator applications do. */
export const fromBase32 = (text: string): Buffer => {
  const bits = Array.from(text, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2)));
};

/** Generates a secret that an application and the service share. */
export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** The `otpauth:` URL by which an authenticator application imports a secret, usually from a QR code. */
export const otpauthUrl = (secret: Uint8Array, username: string): string => {
  const label = [ISSUER, username].map(encodeURIComponent).join(':');
  return `otpauth://totp/${label}?secret=${toBase32(secret)}&issuer=${ISSUER}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
};

/** The time step that contains the given time. */
export const stepAt = (at: Date): number => Math.floor(at.getTime() / 1000 / STEP_SECONDS);

/** The code of a time step: HOTP (RFC 4226, section 5.3) with the step as its counter (RFC 6238). */
export const codeOfStep = (secret: Uint8Array, step: number, digits = DIGITS): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
};

/**
 * The time step to which a code belongs, within one step of the current one.
 *
 * @param after the step of the last accepted code: a code works once, and not after a later one
 * @returns undefined when the code belongs to none of these steps
 */
export const stepOfCode = (
  secret: Uint8Array,
  code: string,
  now: Date,
  after: number,
): number | undefined => {
  const current = stepAt(now);
  const steps = Array.from({ length: 2 * DRIFT_STEPS + 1 }, (_, index) => current - DRIFT_STEPS + index);
  const given = Buffer.from(code);
  return steps
    .filter((step) => {
      const expected = Buffer.from(codeOfStep(secret, step));
      return given.length === expected.length && timingSafeEqual(given, expected);
    })
    .find((step) => step > after);
};
