export { createChatClient } from './create-chat-client.ts';
export * from './chat-client.ts';
export { memoryStorage } from './platform.ts';
