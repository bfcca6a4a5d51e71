import * as z from 'zod';
import { Counter, Id, Timestamp } from './schemas.ts';

/**
 * Who receives an event, on each of their connections that carries the chat.
 *
 * - `members`: everyone in the chat
 * - `others`: everyone in the chat except the user whom the event is about
 * - `receivers`: the users whom the change concerns; each gets the chat as they see it
 */
export type Audience = 'members' | 'others' | 'receivers';

/** An event of the WebSocket API as data. */
export interface EventDefinition {
  readonly type: string;
  /**
   * Whether the event reports a stored change. Such an event carries the chat's `rev`, and clients recover lost ones
   * by `POST /sync`.
   */
  readonly durable: boolean;
  readonly audience: Audience;
  readonly schema: z.ZodObject;
  /**
   * The path, within the event, of the message whose content is dropped (with `truncated: true`) when the event would
   * exceed the frame size. Absent where no event of this type can be that large.
   */
  readonly truncatablePath?: readonly string[];
}

type Fields<Durable extends boolean> = {
  timestamp: typeof Timestamp;
  chat_id: typeof Id;
} & (Durable extends true ? { rev: typeof Counter } : unknown);

/**
 * Defines an event: keeps its literal types and checks its shape. Adds `chat_id` to each event, and `rev` to durable
 * ones.
 *
 * @param event.id the name of its schema in the documents
 * @param event.description one sentence for the documents
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
