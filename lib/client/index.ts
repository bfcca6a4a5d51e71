export { createChatClient } from './create-chat-client.ts';
export * from './chat-client.ts';
export { memoryStorage } from './memory-storage.ts';
export { isMentioned, withQuote } from './quotes.ts';
export { withReaction } from './reactions.ts';
export type * from './types.ts';
