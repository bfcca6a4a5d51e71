import * as z from 'zod';
import { OBJECT_PREFIXES } from './object-prefixes.ts';

/** The request to the image decoder: which version of which upload to decode, and the keys for its output. */
export const DecodeRequest = z.object({
  /** An image for a message keeps its aspect ratio; one for an avatar is cropped to a square. */
  purpose: z.enum(['message', 'avatar']),
  /** The object key of the upload. */
  upload: z.templateLiteral([OBJECT_PREFIXES.uploads, z.string().min(1)]),
  etag: z.string(),
  /** The object key for the re-encoded image: upright, and without its metadata (EXIF). */
  image: z.templateLiteral([OBJECT_PREFIXES.decoded, z.string().min(1)]),
  /** The object key for the thumbnail. */
  thumbnail: z.templateLiteral([OBJECT_PREFIXES.decoded, z.string().min(1)]),
});
export type DecodeRequest = z.infer<typeof DecodeRequest>;

export const DecodeAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('decoded'),
    /** Detected from the bytes. */
    content_type: z.string(),
    /** Size of the image that is served. */
    bytes: z.int(),
    width: z.int(),
    height: z.int(),
    /** A thumbhash in base64. */
    placeholder: z.string(),
    /** Whether the image was re-encoded. Otherwise the upload itself is served. */
    is_rewritten: z.boolean(),
  }),
  /** The upload is no image of a supported format, is corrupt, or exceeds the limit of pixels. */
  z.object({ outcome: z.literal('refused') }),
  /** The upload is gone, or its ETag differs. */
  z.object({ outcome: z.literal('absent') }),
]);
export type DecodeAnswer = z.infer<typeof DecodeAnswer>;
