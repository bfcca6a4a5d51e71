import { useSyncExternalStore } from 'react';
import { useView } from './use-view.ts';

/**
 * Whether the user is in a chat, as far as this client knows: it may not have loaded the chat yet. Effects that load
 * something of a chat depend on it, so that they run again after the user was added again.
 */
export const useIsIn = (chatId: number): boolean => {
  const view = useView();
  return useSyncExternalStore(
    view.subscribe,
    () => view.chats.value.has(chatId),
    () => false,
  );
};
