import { defineEvent } from '../contract/event.ts';
import { Counter, Id } from '../contract/schemas.ts';

export const readingEvents = {
  read_receipt: defineEvent({
    id: 'ReadReceipt',
    description: 'Somebody has read further.',
    type: 'read_receipt',
    // A mark moves without a `rev`: it is the reader's, not the chat's, and `POST /sync` compares it.
    durable: false,
    audience: 'members',
    fields: { user_id: Id, seq: Counter },
  }),
};
