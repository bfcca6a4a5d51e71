import sharp, { type Metadata } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { isAvif } from './heif-brands.ts';
import { isAnimatedPng, type Container } from './image-containers.ts';

/** The image formats by `sharp`'s names, with their media types. */
const types = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
} as const satisfies Record<Container | 'avif', string>;
export type ImageFormat = keyof typeof types;

/** The media type of a format. */
export const typeOfFormat = (format: ImageFormat): string => types[format];

/** Facts about an image as it is displayed; about the first frame when it is animated. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** Whether the pixels are stored rotated or mirrored, according to the EXIF orientation. */
  readonly isTurned: boolean;
}

const PIXELS_MAX = 50_000_000;
const THUMBNAIL_PIXELS = 640;
const AVATAR_PIXELS = 512;
/** The maximum width and height of a thumbhash's input, in pixels. */
const PLACEHOLDER_PIXELS = 100;

// Limits untrusted input to these five of the library's loaders.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
  ],
});
// The function has one CPU and decodes one image at a time, and never decodes an image twice.
sharp.concurrency(1);
sharp.cache(false);

/** Opens an image. `failOn: 'error'` rejects truncated and corrupt images, and accepts images with warnings. */
const open = (bytes: Uint8Array) => sharp(bytes, { failOn: 'error', limitInputPixels: PIXELS_MAX });

/**
 * Distinguishes HEIF files by codec: AVIF is HEIF with the codec AV1; iPhones use HEVC, which is not supported here.
 * `sharp` derives the codec from the major brand alone.
 */
const formatOf = ({ format }: Metadata, bytes: Uint8Array): ImageFormat | undefined => {
  if (format === 'heif') return isAvif(bytes) ? 'avif' : undefined;
  return Object.keys(types).find((one): one is ImageFormat => one === format);
};

/**
 * Reads an image's header.
 *
 * @returns undefined when the format is not supported
 * @throws Error when the header is corrupt, or announces more than 50 million pixels
 */
export const readFacts = async (bytes: Uint8Array): Promise<ImageFacts | undefined> => {
  const metadata = await open(bytes).metadata();
  const format = formatOf(metadata, bytes);
  if (format === undefined) return undefined;
  // Browsers do not apply EXIF orientation to animations, and rotating one would require decoding all of its frames.
  const isAnimated = (metadata.pages ?? 1) > 1 || (format === 'png' && isAnimatedPng(bytes));
  const isTurned = (metadata.orientation ?? 1) > 1 && !isAnimated;
  const { width, height } = isTurned ? metadata.autoOrient : metadata;
  return { format, width, height: metadata.pageHeight ?? height, isTurned };
};

/** A pipeline that decodes the first frame, upright, with a time limit in seconds. */
const decode = (bytes: Uint8Array, { isTurned }: ImageFacts, seconds: number) => {
  const pipeline = open(bytes).timeout({ seconds });
  return isTurned ? pipeline.autoOrient() : pipeline;
};

/** An encoded image. */
export interface EncodedImage {
  readonly format: ImageFormat;
  readonly bytes: Buffer;
}

/**
 * Re-encodes an image, upright and without metadata except its colour profile. AVIF becomes WebP: encoding 12
 * megapixels as AVIF takes 3 s and 700 MB, and does not respect the time limit.
 *
 * @throws Error when it is corrupt, or takes longer than `seconds`
 */
export const reencode = async (
  original: Uint8Array,
  facts: ImageFacts,
  seconds: number,
): Promise<EncodedImage> => {
  const { space } = await open(original).metadata();
  const pipeline = decode(original, facts, seconds);
  // A CMYK profile does not fit the RGB image that the pipeline produces.
  const colored = space === 'cmyk' ? pipeline : pipeline.keepIccProfile();
  const format = facts.format === 'avif' ? 'webp' : facts.format;
  const options = { jpeg: { quality: 90 }, webp: { quality: 90, effort: 2 }, png: {}, gif: {} }[format];
  return { format, bytes: await colored.toFormat(format, options).toBuffer() };
};

/**
 * Makes a thumbnail in WebP and sRGB that fits into 640 × 640 pixels and is never larger than the image. Decodes the
 * whole first frame.
 *
 * @throws Error when the image is corrupt, or takes longer than `seconds`
 */
export const makeThumbnail = (bytes: Uint8Array, facts: ImageFacts, seconds: number): Promise<Buffer> =>
  decode(bytes, facts, seconds)
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();

/**
 * Crops the centre square of an image, in WebP and sRGB: 512 × 512 pixels, or as many as the shorter side has.
 *
 * @throws Error when the image is corrupt, or takes longer than `seconds`
 */
export const makeAvatar = async (
  bytes: Uint8Array,
  facts: ImageFacts,
  seconds: number,
): Promise<{ readonly side: number; readonly image: EncodedImage }> => {
  const side = Math.min(AVATAR_PIXELS, facts.width, facts.height);
  const square = decode(bytes, facts, seconds).resize(side, side, { fit: 'cover' });
  return { side, image: { format: 'webp', bytes: await square.webp({ quality: 80 }).toBuffer() } };
};

/** A thumbhash in base64: some 25 bytes that decode to a blurred preview. */
export const makePlaceholder = async (thumbnail: Uint8Array): Promise<string> => {
  const { data, info } = await open(thumbnail)
    .resize(PLACEHOLDER_PIXELS, PLACEHOLDER_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
};
