import { fileTypeFromBuffer } from 'file-type';
import { isAvif } from './heif-brands.ts';

/**
 * Detects the media type of a file from its first bytes, if possible. Reports an animated PNG as PNG, and an AVIF as
 * AVIF whichever brand comes first: `file-type` has a separate type for the former and reports the latter as HEIF.
 *
 * @param head the first 4,100 bytes, or the whole file
 */
export const typeByBytes = async (head: Uint8Array): Promise<string | undefined> => {
  if (isAvif(head)) return 'image/avif';
  const type = (await fileTypeFromBuffer(head))?.mime;
  return type === 'image/apng' ? 'image/png' : type;
};
