/**
 * Stands in for `iconv-lite` in the bundles of functions. mysql2 asks it for character sets that Node does not
 * know; the service's connections speak utf8mb4, and half a megabyte of tables would be loaded for nothing. Only
 * a server's greeting may come as MySQL's older utf8, in which names of the protocol are written as in UTF-8.
 */
const assertUtf8 = (encoding: string): void => {
  if (encoding !== 'cesu8') throw new Error(`The service's MySQL connections speak utf8mb4, not ${encoding}`);
};

/** What mysql2 uses of iconv-lite's decoders: text for some bytes, and what is left of them. */
export const getDecoder = (encoding: string) => {
  assertUtf8(encoding);
  return { write: (bytes: Buffer): string => bytes.toString('utf8'), end: (): undefined => undefined };
};

/** What mysql2 uses of iconv-lite's encoders: bytes for a text, and what is left of it. */
export const getEncoder = (encoding: string) => {
  assertUtf8(encoding);
  return { write: (text: string): Buffer => Buffer.from(text, 'utf8'), end: (): undefined => undefined };
};
