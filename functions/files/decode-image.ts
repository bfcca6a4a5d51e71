import { ObjectStorageError } from '../gateways/object-requests.ts';
import { objectStorage, type ObjectStorage } from '../gateways/object-storage.ts';
import type { DecodeAnswer, DecodeRequest } from '../contract/image-decoding.ts';
import { withoutMetadata } from './image-containers.ts';
import {
  encodeAnew,
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

/** Less than whoever invokes the decoder waits, and less than Lambda lets it run. */
const SECONDS = 9;

/** What AVIF calls the places of metadata. Where a chance has them in the pixels, the image is encoded anew in vain. */
const AVIF_METADATA = ['Exif', 'mime', 'uri ', 'xml ', 'uuid', 'udta'];

/** To somebody who may not list the bucket, S3 says of an object that is not there that it is forbidden. */
const unlessForbidden = (error: unknown): undefined => {
  if (error instanceof ObjectStorageError && error.status === 403) return undefined;
  throw error;
};

/** The image as it is served: upright, and without a place. */
const served = (
  original: Uint8Array,
  facts: ImageFacts,
  seconds: number,
): EncodedImage | Promise<EncodedImage> => {
  const { format, isTurned } = facts;
  if (isTurned) return encodeAnew(original, facts, seconds);
  if (format !== 'avif') return { format, bytes: withoutMetadata(format, original) };
  const bytes = Buffer.from(original.buffer, original.byteOffset, original.byteLength);
  return AVIF_METADATA.some((name) => bytes.includes(name, 0, 'latin1'))
    ? encodeAnew(original, facts, seconds)
    : { format, bytes };
};

/** What is made of an image. */
interface Decoded extends Pick<ImageFacts, 'width' | 'height'> {
  readonly image: EncodedImage;
  readonly thumbnail: Buffer;
  readonly placeholder: string;
}

/** Decodes an image: undefined when it is none, is broken, has too many pixels, or takes too long. */
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
    // Whatever a decoder says of bytes that a stranger sent.
    return undefined;
  }
};

/**
 * Decodes an image that was uploaded, and stores a thumbnail of it, and the image itself where it has to be other than
 * what was uploaded: upright, and without what its camera noted. An upright image keeps its very pixels. Of an image for
 * an avatar a square is kept, which is its own thumbnail. Can be repeated.
 *
 * @throws StoreUnavailableError when storage does not answer
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
