import type * as z from 'zod';
import { chatEvents } from '../chats/events.ts';
import { messageEvents } from '../messages/events.ts';
import { pinEvents } from '../pins/events.ts';
import { presenceEvents, typingEvents } from '../presence/events.ts';
import { reactionEvents } from '../reactions/events.ts';
import { readingEvents } from '../reading/events.ts';
import type { EventDefinition } from './event.ts';

/** The registry of events: frames that the service sends unprompted, by `type`. */
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

/** An event for connections, without `timestamp`, which is set when the event is sent. */
export type ServerEvent = {
  [Type in EventType]: Omit<z.infer<(typeof events)[Type]['schema']>, 'timestamp'>;
}[EventType];

/**
 * The path of the message that may be too large for a frame, by the frame's type. Covers events and the reply to a
 * send.
 */
export const truncatablePathOf = (type: string): readonly string[] | undefined =>
  type === 'ack' ? ['message'] : (events as Readonly<Record<string, EventDefinition>>)[type]?.truncatablePath;
