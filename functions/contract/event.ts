import * as z from 'zod';
import { Counter, Id, Timestamp } from './schemas.ts';

/**
 * Who hears an event, on each of their connections that carries the chat.
 *
 * - `members`: everyone in the chat
 * - `others`: everyone in the chat but the user whom the event is about
 * - `receivers`: those whom the change concerns, each with the chat as they see it
 */
export type Audience = 'members' | 'others' | 'receivers';

/** An event of the WebSocket API as data. */
export interface EventDefinition {
  readonly type: string;
  /** Whether it tells of a change that is stored: then it carries the chat's `rev`, and `POST /sync` repairs its loss. */
  readonly durable: boolean;
  readonly audience: Audience;
  readonly schema: z.ZodObject;
  /**
   * Where in the event the message stands whose content is left out, with `truncated: true`, when the event would be
   * larger than a frame; absent where no event of this type can be that large.
   */
  readonly cut?: readonly string[];
}

type Fields<Durable extends boolean> = {
  timestamp: typeof Timestamp;
  chat_id: typeof Id;
} & (Durable extends true ? { rev: typeof Counter } : unknown);

/**
 * Keeps the literal types of an event while checking its shape. Each event names its chat, and that of a durable
 * change the chat's `rev`.
 *
 * @param event.id the name of its schema in the documents
 * @param event.description what it tells, in a sentence for the documents
 */
export const defineEvent = <
  const Type extends string,
  const Durable extends boolean,
  Shape extends z.ZodRawShape,
>({
  id,
  description,
  fields,
  ...event
}: Omit<EventDefinition, 'schema' | 'type' | 'durable'> & {
  readonly id: string;
  readonly description: string;
  readonly type: Type;
  readonly durable: Durable;
  readonly fields: Shape;
}) => ({
  ...event,
  schema: z
    .object({
      type: z.literal(event.type),
      timestamp: Timestamp,
      chat_id: Id,
      ...(event.durable ? { rev: Counter } : {}),
      ...fields,
    })
    .meta({ id, description }) as unknown as z.ZodObject<
    { type: z.ZodLiteral<Type> } & Fields<Durable> & Shape
  >,
});
