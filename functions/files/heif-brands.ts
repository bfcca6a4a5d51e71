/** The brands of AVIF (AV1 Image File Format, section 6): an image, and a sequence. */
const AVIF_BRANDS: ReadonlySet<string> = new Set(['avif', 'avis']);

/** The brands of HEIF (ISO/IEC 23008-12) that name no codec: an image, and a sequence. */
const CONTAINER_BRANDS: ReadonlySet<string> = new Set(['mif1', 'msf1']);

/** The brands of HEIF files with the HEVC codec, as phones write them. */
const HEVC_BRANDS: ReadonlySet<string> = new Set('heic heix heim heis hevc hevx hevm hevs'.split(' '));

/**
 * Whether a file is AVIF, by its first box `ftyp`: a major brand, a version and the compatible brands. Encoders may
 * write a container brand as the major brand and the codec's among the compatible ones.
 */
export const isAvif = (head: Uint8Array): boolean => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.length < 16 || bytes.toString('latin1', 4, 8) !== 'ftyp') return false;
  const brand = bytes.toString('latin1', 8, 12);
  if (AVIF_BRANDS.has(brand)) return true;
  if (!CONTAINER_BRANDS.has(brand)) return false;
  const brands = bytes.toString('latin1', 16, bytes.readUInt32BE(0)).match(/.{4}/gs) ?? [];
  return brands.some((one) => AVIF_BRANDS.has(one)) && !brands.some((one) => HEVC_BRANDS.has(one));
};
