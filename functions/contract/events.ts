import type * as z from 'zod';
import { chatEvents } from '../chats/events.ts';
import { messageEvents } from '../messages/events.ts';
import { pinEvents } from '../pins/events.ts';
import { presenceEvents, typingEvents } from '../presence/events.ts';
import { reactionEvents } from '../reactions/events.ts';
import { readingEvents } from '../reading/events.ts';
import type { EventDefinition } from './event.ts';

/** What the service sends to connections on its own account, by `type`: the registry of events. */
export const events = {
  ...messageEvents,
  ...reactionEvents,
  ...pinEvents,
  ...typingEvents,
  ...presenceEvents,
  ...readingEvents,
  ...chatEvents,
} as const satisfies Readonly<Record<string, EventDefinition>>;

export type EventType = keyof typeof events;

/** An event to connections; `timestamp` is stamped when it is sent. */
export type ServerEvent = {
  [Type in EventType]: Omit<z.infer<(typeof events)[Type]['schema']>, 'timestamp'>;
}[EventType];

/** Where frames carry a message that may be too large for one, by type: those of events, and of the answer to a send. */
export const cutOf = (type: string): readonly string[] | undefined =>
  type === 'ack' ? ['message'] : (events as Readonly<Record<string, EventDefinition>>)[type]?.cut;
