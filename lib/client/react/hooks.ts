import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { ClientState, PendingMessage } from '../chat-client.ts';
import type { Chat, Message } from '../types.ts';
import { byActivity } from '../view/chat-view.ts';
import { useChatClient } from './chat-provider.ts';
import { viewOf, type ObservedView } from './observed-view.ts';
import { snapshot } from './snapshot.ts';

/** - `failed`: it could not be loaded; the next connection tries again, and so does `reload` */
export type LoadState = 'loading' | 'loaded' | 'failed';

export interface ChatsSnapshot {
  /** The latest activity first. */
  readonly chats: readonly Chat[];
  readonly state: LoadState;
  /** Unread messages of all chats. */
  readonly unread: number;
}

export interface MessagesSnapshot {
  /** In the order of `seq`, without gaps; deleted ones have no content. */
  readonly messages: readonly Message[];
  /** What this device has written and the service has not acknowledged, in the order of writing. */
  readonly pending: readonly PendingMessage[];
  readonly state: LoadState;
  /** Whether there are older messages than these. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
}

export interface Messages extends MessagesSnapshot {
  /** Loads older messages, a page at a time. */
  readonly loadOlder: () => Promise<void>;
  /** Loads the newest messages again after `failed`. */
  readonly reload: () => Promise<void>;
}

export interface Chats extends ChatsSnapshot {
  /** Loads the chats again after `failed`. */
  readonly reload: () => Promise<void>;
}

export interface Typing {
  /** The ids of those who type. */
  readonly typists: readonly number[];
  /** The user types: call it at every key. */
  readonly typing: () => void;
  readonly stopTyping: () => void;
}

/** What a server renders: it has no connection, and nobody is logged in. */
const nothing = {
  chats: { chats: [], state: 'loading', unread: 0 } satisfies ChatsSnapshot,
  messages: {
    messages: [],
    pending: [],
    state: 'loading',
    hasOlder: false,
    isLoadingOlder: false,
  } satisfies MessagesSnapshot,
  typists: [] as readonly number[],
};

const useView = (): ObservedView => viewOf(useChatClient());

const chatsOf = ({ chats, chatsState }: ObservedView): ChatsSnapshot =>
  snapshot(chats, 'list', [chats.value, chatsState.value], () => ({
    chats: byActivity(chats.value.values()),
    state: chatsState.value,
    unread: [...chats.value.values()].reduce((sum, chat) => sum + chat.unread_count, 0),
  }));

const messagesOf = ({ outbox, timelineOf }: ObservedView, chatId: number): MessagesSnapshot => {
  const timeline = timelineOf(chatId);
  const chunks = timeline.chunks.value;
  const messages = snapshot(timeline, 'messages', [chunks], () => chunks.flatMap((chunk) => chunk.messages));
  const own = outbox.value.filter((entry) => entry.chat_id === chatId);
  const pending = snapshot(timeline, 'pending', own, () => own);
  const state = timeline.loaded.value ? 'loaded' : timeline.failed.value ? 'failed' : 'loading';
  const hasOlder = timeline.hasOlder.value;
  const isLoadingOlder = timeline.loading.value === 'older';
  return snapshot(timeline, 'all', [messages, pending, state, hasOlder, isLoadingOlder], () => ({
    messages,
    pending,
    state,
    hasOlder,
    isLoadingOlder,
  }));
};

const typistsOf = ({ typing }: ObservedView, chatId: number): readonly number[] => {
  const typists = typing.value.get(chatId);
  return snapshot(typing, String(chatId), [typists], () => [...(typists ?? [])]);
};

/** How the client is connected; `signed-out` while a server renders. */
export const useConnectionState = (): ClientState => {
  const view = useView();
  return useSyncExternalStore(
    view.subscribe,
    () => view.connection.value,
    () => 'signed-out',
  );
};

/** The chats of whoever is logged in. */
export const useChats = (): Chats => {
  const view = useView();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => chatsOf(view),
    () => nothing.chats,
  );
  return { ...shown, reload: view.loadChats };
};

/** The messages of a chat, the newest first page loaded and from then on kept current. */
export const useMessages = (chatId: number): Messages => {
  const view = useView();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => messagesOf(view, chatId),
    () => nothing.messages,
  );
  const connection = useConnectionState();
  useEffect(() => {
    // Also when somebody logs in, and when the connection is back: what is loaded already is not loaded again.
    if (connection !== 'signed-out') void view.timelineOf(chatId).open();
  }, [view, chatId, connection]);
  return {
    ...shown,
    loadOlder: useCallback(() => view.timelineOf(chatId).loadOlder(), [view, chatId]),
    reload: useCallback(() => view.timelineOf(chatId).open(), [view, chatId]),
  };
};

/** Who else types in a chat, and how to say that the user does. It ends when the component goes. */
export const useTyping = (chatId: number): Typing => {
  const client = useChatClient();
  const view = useView();
  const typists = useSyncExternalStore(
    view.subscribe,
    () => typistsOf(view, chatId),
    () => nothing.typists,
  );
  const stopTyping = useCallback(() => client.stopTyping(chatId), [client, chatId]);
  useEffect(() => stopTyping, [stopTyping]);
  return { typists, typing: useCallback(() => client.typing(chatId), [client, chatId]), stopTyping };
};
