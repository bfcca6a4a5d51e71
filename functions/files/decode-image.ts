import { ObjectStorageError } from '../gateways/object-requests.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import type { DecodeAnswer, DecodeRequest } from '../contract/image-decoding.ts';
import { withoutMetadata } from './image-containers.ts';
import {
  reencode,
  makeAvatar,
  makePlaceholder,
  makeThumbnail,
  readFacts,
  typeOfFormat,
  type EncodedImage,
  type ImageFacts,
} from './image-pixels.ts';

export interface DecodeImageEffects {
  readonly storage: () => Pick<ObjectStorage, 'read' | 'put'>;
}

const liveEffects: DecodeImageEffects = { storage: objectStorage };

/** Time limit of decoding. Less than the caller's timeout, and less than the function's own. */
const SECONDS = 9;

/**
 * The names of AVIF's metadata boxes and items. When the pixel data happen to contain such a name, the image is
 * needlessly re-encoded.
 */
const AVIF_METADATA = ['Exif', 'mime', 'uri ', 'xml ', 'uuid', 'udta'];

/** For a caller without permission to list the bucket, S3 answers 403 for an absent object. */
const unlessForbidden = (error: unknown): undefined => {
  if (error instanceof ObjectStorageError && error.status === 403) return undefined;
  throw error;
};

/** The image to serve: upright, and without metadata such as a GPS position. */
const served = (
  original: Uint8Array,
  facts: ImageFacts,
  seconds: number,
): EncodedImage | Promise<EncodedImage> => {
  const { format, isTurned } = facts;
  if (isTurned) return reencode(original, facts, seconds);
  if (format !== 'avif') return { format, bytes: withoutMetadata(format, original) };
  const bytes = Buffer.from(original.buffer, original.byteOffset, original.byteLength);
  return AVIF_METADATA.some((name) => bytes.includes(name, 0, 'latin1'))
    ? reencode(original, facts, seconds)
    : { format, bytes };
};

/** The output of decoding an image. */
interface Decoded extends Pick<ImageFacts, 'width' | 'height'> {
  readonly image: EncodedImage;
  readonly thumbnail: Buffer;
  readonly placeholder: string;
}

/** Decodes an image. Undefined when it is no image, is corrupt, has too many pixels, or takes too long. */
const decode = async (bytes: Uint8Array, purpose: DecodeRequest['purpose']): Promise<Decoded | undefined> => {
  const startedAt = performance.now();
  const secondsLeft = (): number => Math.max(1, Math.round(SECONDS - (performance.now() - startedAt) / 1000));
  try {
    const facts = await readFacts(bytes);
    if (facts === undefined) return undefined;
    if (purpose === 'avatar') {
      const { side, image } = await makeAvatar(bytes, facts, secondsLeft());
      const placeholder = await makePlaceholder(image.bytes);
      return { width: side, height: side, image, thumbnail: image.bytes, placeholder };
    }
    const thumbnail = await makeThumbnail(bytes, facts, secondsLeft());
    const placeholder = await makePlaceholder(thumbnail);
    const image = await served(bytes, facts, secondsLeft());
    return { width: facts.width, height: facts.height, image, thumbnail, placeholder };
  } catch {
    // A decoder may throw any error for untrusted bytes.
    return undefined;
  }
};

/**
 * Decodes an uploaded image and stores its thumbnail. Also stores the image itself when it must differ from the
 * upload: upright and without metadata (EXIF). An upright image keeps its exact pixels. An image for an avatar is
 * cropped to a square, which is also its thumbnail. Idempotent.
 *
 * @throws StoreUnavailableError when storage does not respond
 */
export const decodeImage = async (
  { purpose, upload, etag, image, thumbnail }: DecodeRequest,
  { storage }: DecodeImageEffects = liveEffects,
): Promise<DecodeAnswer> => {
  const bytes = await storage().read(upload, { etag }).catch(unlessForbidden);
  if (bytes === undefined) return { outcome: 'absent' };
  const decoded = await decode(bytes, purpose);
  if (decoded === undefined) return { outcome: 'refused' };

  const { width, height, placeholder } = decoded;
  const contentType = typeOfFormat(decoded.image.format);
  const isRewritten = !decoded.image.bytes.equals(bytes);
  const shown = (type: string) => ({ contentType: type, contentDisposition: 'inline' });
  await Promise.all([
    isRewritten ? storage().put(image, decoded.image.bytes, shown(contentType)) : undefined,
    storage().put(thumbnail, decoded.thumbnail, shown('image/webp')),
  ]);
  return {
    outcome: 'decoded',
    content_type: contentType,
    bytes: decoded.image.bytes.length,
    width,
    height,
    placeholder,
    is_rewritten: isRewritten,
  };
};
