import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

/** An image that was decoded whole. */
export interface Picture {
  /** By its bytes. */
  readonly contentType: string;
  /** As it is seen, which is upright. */
  readonly width: number;
  readonly height: number;
  /** The image written anew, where it is not to be served as it came: upright, and without what its camera noted. */
  readonly rewritten: Uint8Array | undefined;
  /** WebP, within `THUMBNAIL_SIDE` each way, and never larger than the image. */
  readonly thumbnail: Uint8Array;
  /** A thumbhash in base64: a blur of some 25 bytes. */
  readonly placeholder: string;
}

export const PIXELS_MAX = 50_000_000;
export const THUMBNAIL_SIDE = 640;

/** Thumbhash's own limit. */
const PLACEHOLDER_SIDE = 100;

/** Limit of each of the three runs over the image, in seconds. libvips ends one that takes longer. */
const TIMEOUT_SECONDS = 8;

/** libvips reads a hundred formats, by libraries of every age: only these are let at a stranger's bytes. */
const loaders = ['JpegBuffer', 'PngBuffer', 'WebpBuffer', 'NsgifBuffer', 'HeifBuffer'];
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: loaders.map((name) => `VipsForeignLoad${name}`) });
// A function decodes one image at a time, and keeps nothing of it.
sharp.cache(false);

/** The type of an image, or undefined for one that is none of those that are shown. */
const typeOf = ({ format, compression }: Metadata): string | undefined => {
  // HEIC is of the same family. libvips, as it comes with sharp, has no decoder for it.
  if (format === 'heif') return compression === 'av1' ? 'image/avif' : undefined;
  return ['jpeg', 'png', 'webp', 'gif'].includes(format) ? `image/${format}` : undefined;
};

/**
 * Decodes a stranger's image: limited in formats, pixels and time.
 *
 * A JPEG is always written anew, since what cameras and phones note in it has many places (EXIF, XMP, a second image behind
 * the first), and says where it was taken. Of an animation the first frame is decoded.
 *
 * @returns undefined for what is no image of JPEG, PNG, WebP, GIF or AVIF, is broken, has more than `PIXELS_MAX` pixels, or
 * takes too long
 */
export const decodePicture = async (bytes: Uint8Array): Promise<Picture | undefined> => {
  const open = (): Sharp =>
    sharp(bytes, { limitInputPixels: PIXELS_MAX, failOn: 'error', sequentialRead: true })
      .autoOrient()
      .timeout({ seconds: TIMEOUT_SECONDS });
  try {
    const metadata = await open().metadata();
    const contentType = typeOf(metadata);
    if (contentType === undefined) return undefined;
    const thumbnail = await open()
      .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
    const rewritten =
      contentType === 'image/jpeg'
        ? await open().keepIccProfile().jpeg({ quality: 85 }).toBuffer()
        : undefined;
    const { width, height } = metadata.autoOrient;
    return { contentType, width, height, rewritten, thumbnail, placeholder: await placeholderOf(thumbnail) };
  } catch {
    // sharp has no error of its own: whatever the bytes made it throw, they are no picture.
    return undefined;
  }
};

const placeholderOf = async (thumbnail: Uint8Array): Promise<string> => {
  const { data, info } = await sharp(thumbnail)
    .resize({
      width: PLACEHOLDER_SIDE,
      height: PLACEHOLDER_SIDE,
      fit: 'inside',
      withoutEnlargement: true,
    })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
};
