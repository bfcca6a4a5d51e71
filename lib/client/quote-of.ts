import type { Message, Quote } from './types.ts';

/** Length of a message's excerpt in replies and notifications, in code points. */
const EXCERPT = 200;

/** The beginning of a text, as replies and notifications show it. */
export const excerptOf = (text: string): string => Array.from(text).slice(0, EXCERPT).join('');

/** Builds the quote that a reply to a message shows. */
export const quoteOf = ({ id, seq, sender_id, sender_username, content }: Message): Quote => ({
  id,
  seq,
  sender_id,
  sender_username,
  excerpt: content && excerptOf(content),
});
