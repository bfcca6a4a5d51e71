import type * as z from 'zod';
import { events } from '../contract/events.ts';
import { ErrorFrame } from '../contract/frames.ts';
import type { WebSocketRoute } from '../contract/route.ts';
import { webSocketRoutes } from '../contract/table.ts';
import { exampleOf, type JsonSchema, type SchemaCollection } from './json-schema.ts';

/** A frame in a document's schemas. */
export interface FrameSchema {
  /** The name of its schema. */
  readonly id: string;
  readonly type: string;
  readonly description: string | undefined;
  readonly reference: JsonSchema;
  readonly example: unknown;
}

/** A frame that a client sends, with its reply; an error may also reply to every frame. */
export interface ClientFrame extends FrameSchema {
  readonly route: WebSocketRoute;
  readonly reply: FrameSchema | undefined;
}

/** Every frame of the WebSocket API, in both directions. */
export interface FrameSchemas {
  readonly sent: readonly ClientFrame[];
  /** Replies without duplicates, though several frames may share one. */
  readonly replies: readonly FrameSchema[];
  readonly error: FrameSchema;
  /** Frames that the service sends unprompted. */
  readonly events: readonly FrameSchema[];
}

/** Adds the schemas of all frames to a document, each with an example. */
export const addFrames = (collection: SchemaCollection): FrameSchemas => {
  const add = (schema: z.ZodType, direction: 'input' | 'output'): FrameSchema => {
    const reference = collection.add(schema, direction);
    const definition = collection.resolve(reference);
    const example = exampleOf(reference, collection);
    definition.examples = [example];
    return {
      id: reference.$ref?.split('/').at(-1) ?? '',
      description: definition.description,
      type: String(definition.properties?.['type']?.const),
      reference,
      example,
    };
  };
  const replies = new Map<z.ZodType, FrameSchema>();
  for (const { reply } of webSocketRoutes) {
    if (reply !== undefined && !replies.has(reply)) replies.set(reply, add(reply, 'output'));
  }
  return {
    sent: webSocketRoutes.flatMap((route) =>
      route.frame === undefined
        ? []
        : [
            {
              ...add(route.frame, 'input'),
              route,
              reply: route.reply === undefined ? undefined : replies.get(route.reply),
            },
          ],
    ),
    replies: [...replies.values()],
    error: add(ErrorFrame, 'output'),
    events: Object.values(events).map(({ schema }) => add(schema, 'output')),
  };
};
