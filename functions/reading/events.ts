import { defineEvent } from '../contract/event.ts';
import { Counter, Id } from '../contract/schemas.ts';

export const readingEvents = {
  read_receipt: defineEvent({
    id: 'ReadReceipt',
    description: 'A user’s read mark moved forward.',
    type: 'read_receipt',
    // A read mark moves without a `rev`: it belongs to the reader, not to the chat, and `POST /sync` compares it
    // separately.
    durable: false,
    audience: 'members',
    fields: { user_id: Id, seq: Counter },
  }),
};
