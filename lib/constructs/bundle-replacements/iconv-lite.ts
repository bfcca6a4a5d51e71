/**
 * Stands in for `iconv-lite` in the bundles of functions. mysql2 asks it for character sets that Node does not
 * know; the service's connections speak utf8mb4 only, and half a megabyte of tables would be loaded for nothing.
 */
const refuse = (encoding: string): never => {
  throw new Error(`The service's MySQL connections speak utf8mb4, not ${encoding}`);
};

export const getDecoder = refuse;
export const getEncoder = refuse;
