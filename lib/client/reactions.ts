import type { ClientEvents } from './chat-client.ts';
import type { ServerFrameOf } from './contract.ts';
import type { Message } from './types.ts';

/**
 * Whether an event shows a message as the user sees it. Otherwise it is fetched: its content was too large for the
 * event, or it has reactions, of which an event does not say which are the user's.
 */
export const isWhole = (message: ServerFrameOf<'new_message'>['message']): message is Message =>
  message.truncated !== true && message.reactions.every((reaction) => 'me' in reaction);

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
