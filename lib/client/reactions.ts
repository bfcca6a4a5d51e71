import type { ClientEvents } from './chat-client.ts';
import type { Message } from './types.ts';

/** A message with this many reactions of one emoji: a new emoji is the last one, and one without reactions goes. */
export const withCount = (message: Message, next: Message['reactions'][number]): Message => {
  const known = message.reactions.map((one) => (one.emoji === next.emoji ? next : one));
  const reactions = (known.includes(next) ? known : [...known, next]).filter(({ count }) => count > 0);
  return { ...message, reactions };
};

/** Applies a `reaction` event to the message that it is about. What the message already includes changes nothing. */
export const withReaction = (message: Message, event: ClientEvents['reaction']): Message => {
  const { rev, emoji, count } = event;
  if (rev <= message.rev) return message;
  const { me = false } =
    event.me === undefined ? (message.reactions.find((one) => one.emoji === emoji) ?? {}) : event;
  return { ...withCount(message, { emoji, count, me }), rev };
};
