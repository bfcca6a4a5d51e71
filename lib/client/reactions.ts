import type { ClientEvents } from './chat-client.ts';
import { withCount } from './reaction-counts.ts';
import type { Message } from './types.ts';

/** Applies a `reaction` event to its message. An event that the message already includes changes nothing. */
export const withReaction = (message: Message, event: ClientEvents['reaction']): Message => {
  const { rev, emoji, count } = event;
  if (rev <= message.rev) return message;
  const { me = false } =
    event.me === undefined ? (message.reactions.find((one) => one.emoji === emoji) ?? {}) : event;
  return { ...withCount(message, { emoji, count, me }), rev };
};
