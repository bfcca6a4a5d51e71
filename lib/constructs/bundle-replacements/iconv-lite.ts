/**
 * Replaces `iconv-lite` in the bundles of functions. mysql2 uses it for character sets that Node does not support;
 * the service's connections use utf8mb4, and half a megabyte of tables would be loaded in vain. Only a server's
 * greeting may arrive in MySQL's older utf8, which is equal to UTF-8 for the names of the protocol.
 */
const assertUtf8 = (encoding: string): void => {
  if (encoding !== 'cesu8') throw new Error(`The service's MySQL connections speak utf8mb4, not ${encoding}`);
};

/** The part of iconv-lite's decoders that mysql2 uses: converts bytes to text, and flushes the rest. */
export const getDecoder = (encoding: string) => {
  assertUtf8(encoding);
  return { write: (bytes: Buffer): string => bytes.toString('utf8'), end: (): undefined => undefined };
};

/** The part of iconv-lite's encoders that mysql2 uses: converts text to bytes, and flushes the rest. */
export const getEncoder = (encoding: string) => {
  assertUtf8(encoding);
  return { write: (text: string): Buffer => Buffer.from(text, 'utf8'), end: (): undefined => undefined };
};
