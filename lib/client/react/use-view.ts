import { useChatClient } from './chat-provider.ts';
import { viewOf, type ObservedView } from './observed-view.ts';

/** The view of the nearest provider's client. */
export const useView = (): ObservedView => viewOf(useChatClient());
