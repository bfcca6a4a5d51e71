import type { ServerFrameOf } from './contract.ts';
import type { Message } from './types.ts';

/**
 * Whether an event contains a message as the user sees it. Otherwise it must be fetched: its content was too large
 * for the event, or it has reactions, of which an event does not say which are the user's.
 */
export const isWhole = (message: ServerFrameOf<'new_message'>['message']): message is Message =>
  message.truncated !== true && message.reactions.every((reaction) => 'me' in reaction);
