import type { Message, Quote } from './types.ts';

/** Code points of a message that a reply to it shows, and a notification. */
const EXCERPT = 200;

/** The beginning of a text, as replies and notifications show it. */
export const excerptOf = (text: string): string => Array.from(text).slice(0, EXCERPT).join('');

/** A message as a reply to it quotes it. */
export const quoteOf = ({ id, seq, sender_id, sender_username, content }: Message): Quote => ({
  id,
  seq,
  sender_id,
  sender_username,
  excerpt: content && excerptOf(content),
});
