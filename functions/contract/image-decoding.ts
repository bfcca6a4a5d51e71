import * as z from 'zod';
import { OBJECT_PREFIXES } from './object-prefixes.ts';

/** What the image decoder is asked for: to decode this version of an upload, and where to put what it makes. */
export const DecodeRequest = z.object({
  /** An image for a message keeps its shape; one for an avatar becomes a square. */
  purpose: z.enum(['message', 'avatar']),
  /** The upload's key. */
  upload: z.templateLiteral([OBJECT_PREFIXES.uploads, z.string().min(1)]),
  etag: z.string(),
  /** The key for the image, where it is written anew: upright, and without what its camera noted. */
  image: z.templateLiteral([OBJECT_PREFIXES.decoded, z.string().min(1)]),
  /** The key for the thumbnail. */
  thumbnail: z.templateLiteral([OBJECT_PREFIXES.decoded, z.string().min(1)]),
});
export type DecodeRequest = z.infer<typeof DecodeRequest>;

export const DecodeAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('decoded'),
    /** By its bytes. */
    content_type: z.string(),
    /** Of the image as it is served. */
    bytes: z.int(),
    width: z.int(),
    height: z.int(),
    /** A thumbhash in base64. */
    placeholder: z.string(),
    /** Whether the image was written anew. Otherwise the upload is what is served. */
    is_rewritten: z.boolean(),
  }),
  /** It is no image of a known format, is broken, or has more pixels than images may have. */
  z.object({ outcome: z.literal('refused') }),
  /** The upload has gone, or is another version. */
  z.object({ outcome: z.literal('absent') }),
]);
export type DecodeAnswer = z.infer<typeof DecodeAnswer>;
