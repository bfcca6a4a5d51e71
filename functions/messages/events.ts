import * as z from 'zod';
import { defineEvent } from '../contract/event.ts';
import { Message } from '../contract/schemas.ts';

/** A message inside an event: without its content when the event would be too large for a frame. */
export const EventMessage = Message.extend({ truncated: z.literal(true).optional() }).meta({
  id: 'EventMessage',
});

const messageEvent = <const Type extends string>(type: Type, id: string) =>
  defineEvent({
    id,
    type,
    durable: true,
    audience: 'members',
    fields: { message: EventMessage },
    cut: ['message'],
  });

export const messageEvents = {
  new_message: messageEvent('new_message', 'NewMessage'),
  message_updated: messageEvent('message_updated', 'MessageUpdated'),
  message_deleted: messageEvent('message_deleted', 'MessageDeleted'),
  message_restored: messageEvent('message_restored', 'MessageRestored'),
};
