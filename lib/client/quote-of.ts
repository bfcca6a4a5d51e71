import type { Message, Quote } from './types.ts';

/** Code points of a message that a reply to it shows. */
const EXCERPT = 200;

/** A message as a reply to it quotes it. */
export const quoteOf = ({ id, seq, sender_id, sender_username, content }: Message): Quote => ({
  id,
  seq,
  sender_id,
  sender_username,
  excerpt: content && Array.from(content).slice(0, EXCERPT).join(''),
});
