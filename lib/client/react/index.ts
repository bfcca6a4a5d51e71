export { ChatProvider, useChatClient } from './chat-provider.ts';
export * from './hooks.ts';
export { nameOf, titleOf } from '../view/names.ts';
