export { ChatProvider, useChatClient } from './chat-provider.ts';
export * from './hooks.ts';
export * from './people.ts';
export type * from '../view/outcomes.ts';
export { nameOf, titleOf } from '../view/names.ts';
