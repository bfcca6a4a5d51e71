import { quoteOf } from './quote-of.ts';
import type { Message } from './types.ts';

/** A message as it is once what it replies to has changed. Any other message stays as it is. */
export const withQuote = (message: Message, target: Message): Message =>
  message.reply_to?.id === target.id ? { ...message, reply_to: quoteOf(target) } : message;

/** Whether a message mentions a user, or everybody, and is somebody else's: then it counts in `mention_count`. */
export const isMentioned = (
  { sender_id, mentions, mention_all }: Pick<Message, 'sender_id' | 'mentions' | 'mention_all'>,
  userId: number | undefined,
): boolean => userId !== undefined && sender_id !== userId && (mention_all || mentions.includes(userId));
