import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Message, Reaction } from '../contract/schemas.ts';

const truncated = z
  .literal(true)
  .optional()
  .meta({ description: 'The frame was too large: fetch the message by its id.' });

/** The message in the reply to its sending; without its content when the frame would be too large. */
export const AckMessage = Message.extend({ truncated }).meta({
  id: 'AckMessage',
  description: 'A message that the service has stored.',
});

const EventReaction = Reaction.omit({ me: true }).meta({
  id: 'EventReaction',
  description: 'An emoji under a message, in an event for everybody in the chat.',
});

/** A message inside an event. It is the same for all receivers, so its reactions lack `me`. */
export const EventMessage = Message.extend({
  reactions: z.array(EventReaction).meta({
    description: 'The reactions by emoji, earliest used first; without `me`.',
    example: [],
  }),
  truncated,
}).meta({
  id: 'EventMessage',
  description: 'A message inside an event.',
});
export type EventMessage = z.infer<typeof EventMessage>;

/** Defines an event that carries the current state of a message to everyone in its chat. */
export const defineMessageEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({
    id,
    description,
    type,
    durable: true,
    audience: 'members',
    fields: { message: EventMessage },
    truncatablePath: ['message'],
  });

export const messageEvents = {
  new_message: defineMessageEvent('new_message', 'MessageCreated', 'A message has been sent.'),
  message_updated: defineMessageEvent('message_updated', 'MessageUpdated', 'A message has been edited.'),
  message_deleted: defineMessageEvent('message_deleted', 'MessageDeleted', 'A message has been deleted.'),
  message_restored: defineMessageEvent(
    'message_restored',
    'MessageRestored',
    'A deleted message has been restored.',
  ),
};
