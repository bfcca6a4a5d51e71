import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Message } from '../contract/schemas.ts';

/** A message inside an event: without its content when the event would be too large for a frame. */
export const EventMessage = Message.extend({
  truncated: z
    .literal(true)
    .optional()
    .meta({ description: 'The event was too large: fetch the message by its id.' }),
}).meta({
  id: 'EventMessage',
  description: 'A message inside an event.',
});

const messageEvent = <const Type extends string>(type: Type, id: string, description: string) =>
  defineEvent({
    id,
    description,
    type,
    durable: true,
    audience: 'members',
    fields: { message: EventMessage },
    cut: ['message'],
  });

export const messageEvents = {
  new_message: messageEvent('new_message', 'MessageCreated', 'A message has been sent.'),
  message_updated: messageEvent('message_updated', 'MessageUpdated', 'A message has another content.'),
  message_deleted: messageEvent('message_deleted', 'MessageDeleted', 'A message has been deleted.'),
  message_restored: messageEvent('message_restored', 'MessageRestored', 'A message is no longer deleted.'),
};
