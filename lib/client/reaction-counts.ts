import type { Message } from './types.ts';

/** Sets the count of one emoji on a message: a new emoji is appended, and one with the count 0 is removed. */
export const withCount = (message: Message, next: Message['reactions'][number]): Message => {
  const known = message.reactions.map((one) => (one.emoji === next.emoji ? next : one));
  const reactions = (known.includes(next) ? known : [...known, next]).filter(({ count }) => count > 0);
  return { ...message, reactions };
};
