import { quoteOf } from './quote-of.ts';
import type { Message } from './types.ts';

/** Updates a message's quote after the quoted message has changed. Returns any other message unchanged. */
export const withQuote = (message: Message, target: Message): Message =>
  message.reply_to?.id === target.id ? { ...message, reply_to: quoteOf(target) } : message;

/** Whether a message of another user mentions the user or everybody: it then counts in `mention_count`. */
export const isMentioned = (
  { sender_id, mentions, mention_all }: Pick<Message, 'sender_id' | 'mentions' | 'mention_all'>,
  userId: number | undefined,
): boolean => userId !== undefined && sender_id !== userId && (mention_all || mentions.includes(userId));
