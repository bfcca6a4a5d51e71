import sharp, { type Metadata } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { isAvif } from './heif-brands.ts';
import { isAnimatedPng, type Container } from './image-containers.ts';

/** The formats of images, as `sharp` names them, and their types. */
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

/** Of an image as it is shown: of the first frame, where it is animated. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** Whether its pixels are stored turned or mirrored, and its EXIF says so. */
  readonly isTurned: boolean;
}

const PIXELS_MAX = 50_000_000;
const THUMBNAIL_PIXELS = 640;
const AVATAR_PIXELS = 512;
/** What a thumbhash is made of, at most. */
const PLACEHOLDER_PIXELS = 100;

// What strangers sent is read by five loaders and by no other that the library has.
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
// One image at a time in a function with one CPU; and no image is seen twice.
sharp.concurrency(1);
sharp.cache(false);

/** Opens an image: `error` refuses what ends early or is broken, and lets through what decoders warn of. */
const open = (bytes: Uint8Array) => sharp(bytes, { failOn: 'error', limitInputPixels: PIXELS_MAX });

/**
 * AVIF is what HEIF calls an image whose codec is AV1. That of iPhones is HEVC, which nobody here decodes. What `sharp` says
 * of the codec goes by the first brand alone.
 */
const formatOf = ({ format }: Metadata, bytes: Uint8Array): ImageFormat | undefined => {
  if (format === 'heif') return isAvif(bytes) ? 'avif' : undefined;
  return Object.keys(types).find((one): one is ImageFormat => one === format);
};

/**
 * What an image's header says of it.
 *
 * @returns undefined when it is of no known format
 * @throws Error when the header is broken, or announces more than 50 million pixels
 */
export const readFacts = async (bytes: Uint8Array): Promise<ImageFacts | undefined> => {
  const metadata = await open(bytes).metadata();
  const format = formatOf(metadata, bytes);
  if (format === undefined) return undefined;
  // Browsers turn no animation, and turning one would need all of its frames.
  const isAnimated = (metadata.pages ?? 1) > 1 || (format === 'png' && isAnimatedPng(bytes));
  const isTurned = (metadata.orientation ?? 1) > 1 && !isAnimated;
  const { width, height } = isTurned ? metadata.autoOrient : metadata;
  return { format, width, height: metadata.pageHeight ?? height, isTurned };
};

/** A pipeline that decodes the first frame, upright, within so many seconds. */
const decode = (bytes: Uint8Array, { isTurned }: ImageFacts, seconds: number) => {
  const pipeline = open(bytes).timeout({ seconds });
  return isTurned ? pipeline.autoOrient() : pipeline;
};

/** An image as it was encoded. */
export interface EncodedImage {
  readonly format: ImageFormat;
  readonly bytes: Buffer;
}

/**
 * Encodes an image anew, upright and without metadata but its colour profile. AVIF becomes WebP: encoding 12 megapixels as
 * AVIF takes 3 s and 700 MB, and does not heed its time limit.
 *
 * @throws Error when it is broken, or takes longer than `seconds`
 */
export const encodeAnew = async (
  original: Uint8Array,
  facts: ImageFacts,
  seconds: number,
): Promise<EncodedImage> => {
  const { space } = await open(original).metadata();
  const pipeline = decode(original, facts, seconds);
  // A profile of inks says nothing about the RGB that becomes of them.
  const colored = space === 'cmyk' ? pipeline : pipeline.keepIccProfile();
  const format = facts.format === 'avif' ? 'webp' : facts.format;
  const options = { jpeg: { quality: 90 }, webp: { quality: 90, effort: 2 }, png: {}, gif: {} }[format];
  return { format, bytes: await colored.toFormat(format, options).toBuffer() };
};

/**
 * Makes a thumbnail in WebP, in sRGB: within 640 × 640, never larger than the image. Decodes the whole of the first frame.
 *
 * @throws Error when the image is broken, or takes longer than `seconds`
 */
export const makeThumbnail = (bytes: Uint8Array, facts: ImageFacts, seconds: number): Promise<Buffer> =>
  decode(bytes, facts, seconds)
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();

/**
 * Cuts a square out of the middle of an image, in WebP and sRGB: 512 × 512 pixels, or as many as the shorter side has.
 *
 * @throws Error when the image is broken, or takes longer than `seconds`
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

/** A thumbhash in base64: some 25 bytes that are a blurred image. */
export const makePlaceholder = async (thumbnail: Uint8Array): Promise<string> => {
  const { data, info } = await open(thumbnail)
    .resize(PLACEHOLDER_PIXELS, PLACEHOLDER_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
};
