import * as z from 'zod';
import { ErrorCode, InputErrors, Timestamp, storableText } from './schemas.ts';

/** A correlation id that a client may put on any frame; the reply carries it unchanged. */
export const Ref = z
  .union([z.string().max(128).refine(storableText, 'Must not contain NUL or lone surrogates'), z.number()])
  .meta({
    id: 'FrameRef',
    description: 'A text or number of the client; the reply returns it unchanged.',
  });

/** The optional field `ref` of a client's frame. */
export const ref = Ref.nullish();

/** Builds the schema of a frame that replies to a client's frame. */
export const reply = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), timestamp: Timestamp, ...shape });

export const ErrorFrame = reply('error', {
  detail: z.string(),
  status_code: z.int().min(400).max(599),
  code: ErrorCode,
  ref: Ref.nullable().meta({
    description:
      'The `client_message_id` or the `ref` (a text or a number) of the refused frame; null without one.',
    example: 'a1',
  }),
  errors: InputErrors.optional(),
  retry_after: z.int().min(1).optional(),
}).meta({
  id: 'ErrorFrame',
  description: 'A frame was refused. The connection stays open, unless the access token has expired.',
});
export type ErrorFrame = z.infer<typeof ErrorFrame>;

/** A frame without `timestamp`, which is set when the frame is sent. */
export const frameOf = <const Type extends string, const Fields extends object>(
  type: Type,
  fields: Fields,
) => ({
  type,
  ...fields,
});
