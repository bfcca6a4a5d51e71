import { fileTypeFromBuffer } from 'file-type';
import { isAvif } from './heif-brands.ts';

/**
 * The media type of a file by its first bytes, if they say any. An animated PNG is a PNG here, and an AVIF is AVIF
 * whichever brand comes first: `file-type` has a name of its own for the one, and calls the other HEIF.
 *
 * @param head 4,100 bytes, or the whole file
 */
export const typeByBytes = async (head: Uint8Array): Promise<string | undefined> => {
  if (isAvif(head)) return 'image/avif';
  const type = (await fileTypeFromBuffer(head))?.mime;
  return type === 'image/apng' ? 'image/png' : type;
};
