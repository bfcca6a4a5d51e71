import type { Message } from './types.ts';

/** A message with this many reactions of one emoji: a new emoji is the last one, and one without reactions goes. */
export const withCount = (message: Message, next: Message['reactions'][number]): Message => {
  const known = message.reactions.map((one) => (one.emoji === next.emoji ? next : one));
  const reactions = (known.includes(next) ? known : [...known, next]).filter(({ count }) => count > 0);
  return { ...message, reactions };
};
