import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { ClientState, PendingMessage } from '../chat-client.ts';
import { presenceOf } from '../presence/create-presence.ts';
import type { Chat, Message } from '../types.ts';
import { byActivity, openingMark } from '../view/chat-view.ts';
import type { Jump, LoadError } from '../view/outcomes.ts';
import type { Timeline } from '../view/timeline.ts';
import { useChatClient } from './chat-provider.ts';
import type { ObservedView } from './observed-view.ts';
import { snapshot } from './snapshot.ts';
import { useIsIn } from './use-is-in.ts';
import { useView } from './use-view.ts';

/** - `failed`: loading failed; the next connection tries again, and so does `reload` */
export type LoadState = 'loading' | 'loaded' | 'failed';

export interface ChatsSnapshot {
  /** Latest activity first. */
  readonly chats: readonly Chat[];
  readonly state: LoadState;
  /** The sum of unread messages over all chats. */
  readonly unread: number;
}

export interface MessagesOptions {
  /**
   * Where the list starts: at the newest messages, or around the first unread one. In the latter case `hasNewer` says
   * that `loadNewer` or `toNewest` can load newer messages, which then include those that have arrived meanwhile.
   */
  readonly from?: 'newest' | 'first-unread';
}

export interface MessagesSnapshot {
  /** In the order of `seq`, without gaps; deleted ones have no content. */
  readonly messages: readonly Message[];
  /** Messages written on this device that the service has not acknowledged, in the order of writing. */
  readonly pending: readonly PendingMessage[];
  readonly state: LoadState;
  /** Why the last load failed, also one of older or newer messages; undefined when it did not. */
  readonly error?: LoadError;
  /** Whether there are older messages than these. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** Whether there are newer messages than these. */
  readonly hasNewer: boolean;
  readonly isLoadingNewer: boolean;
}

export interface Messages extends MessagesSnapshot {
  /**
   * The `seq` of the first message by another user that was unread when the chat was opened: where a line "New"
   * belongs. Marking messages as read does not change it.
   */
  readonly firstUnread: number | undefined;
  /**
   * Loads older messages, a page at a time.
   *
   * @returns whether messages were loaded: not when it failed (`error`), there are none, or another load is in flight
   */
  readonly loadOlder: () => Promise<boolean>;
  /** Loads newer messages, a page at a time. @returns as `loadOlder` */
  readonly loadNewer: () => Promise<boolean>;
  /**
   * Skips the messages in between and continues with the newest ones, for example after sending a message.
   *
   * @returns whether the list ends with the newest message
   */
  readonly toNewest: () => Promise<boolean>;
  /**
   * Loads the messages around one of them, such as a search result or a quoted message, unless it is in the list.
   * `hasNewer` then says whether there are newer ones than these.
   *
   * @returns `there` when the message is in the list, which the application then scrolls to
   */
  readonly jumpTo: (seq: number) => Promise<Jump>;
  /** Loads the messages again after `failed`; of loaded ones, what has changed. */
  readonly reload: () => Promise<void>;
  /**
   * Adds or removes a reaction: shown at once, and reverted when the service refuses it.
   *
   * @throws ChatError for a status of 400 or above, TypeError when the service cannot be reached
   */
  readonly react: (messageId: number, emoji: string, isOn: boolean) => Promise<void>;
}

export interface Chats extends ChatsSnapshot {
  /** Loads the chats again. */
  readonly reload: () => Promise<void>;
}

export interface PinsSnapshot {
  /** Latest pin first. */
  readonly pins: readonly Message[];
  readonly state: LoadState;
}

export interface Pins extends PinsSnapshot {
  /** Loads the pins again. */
  readonly reload: () => Promise<void>;
}

export interface Typing {
  /** The ids of the users who are typing. */
  readonly typists: readonly number[];
  /** The user is typing: call it on every key press. */
  readonly typing: () => void;
  readonly stopTyping: () => void;
}

/** The state for server-side rendering: there is no connection, and no user is logged in. */
const nothing = {
  chats: { chats: [], state: 'loading', unread: 0 } satisfies ChatsSnapshot,
  messages: {
    messages: [],
    pending: [],
    state: 'loading',
    hasOlder: false,
    isLoadingOlder: false,
    hasNewer: false,
    isLoadingNewer: false,
  } satisfies MessagesSnapshot,
  pins: { pins: [], state: 'loading' } satisfies PinsSnapshot,
  typists: [] as readonly number[],
};

/**
 * A chat that was opened at the first unread message; `mark` is the user's read mark at that time, undefined when
 * everything was read.
 */
interface Opened {
  readonly timeline: Timeline;
  readonly mark: number | undefined;
}

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
  // The acknowledgement of a message may come after the message, or may have been lost with the connection.
  const isSent = (id: string): boolean => messages.some((message) => message.client_message_id === id);
  const own = outbox.value.filter((entry) => entry.chat_id === chatId && !isSent(entry.client_message_id));
  const pending = snapshot(timeline, 'pending', own, () => own);
  const error = timeline.failed.value;
  const state = timeline.loaded.value ? 'loaded' : error ? 'failed' : 'loading';
  const hasOlder = timeline.hasOlder.value;
  const hasNewer = timeline.hasNewer.value;
  const loading = timeline.loading.value;
  return snapshot(timeline, 'all', [messages, pending, state, error, hasOlder, hasNewer, loading], () => ({
    messages,
    pending,
    state,
    ...(error && { error }),
    hasOlder,
    isLoadingOlder: loading === 'older',
    hasNewer,
    isLoadingNewer: loading === 'newer',
  }));
};

const pinsOf = (view: ObservedView, chatId: number): PinsSnapshot => {
  const { pins, state } = view.pinsOf(chatId);
  const sources = [pins.value, state.value] as const;
  return snapshot(pins, 'all', sources, () => ({ pins: sources[0], state: sources[1] }));
};

const typistsOf = ({ typing }: ObservedView, chatId: number): readonly number[] => {
  const typists = typing.value.get(chatId);
  return snapshot(typing, String(chatId), [typists], () => [...(typists ?? [])]);
};

/** The state of the connection; `signed-out` during server-side rendering. */
export const useConnectionState = (): ClientState => {
  const view = useView();
  return useSyncExternalStore(
    view.subscribe,
    () => view.connection.value,
    () => 'signed-out',
  );
};

/** The chats of the logged-in user. */
export const useChats = (): Chats => {
  const view = useView();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => chatsOf(view),
    () => nothing.chats,
  );
  return { ...shown, reload: view.loadChats };
};

/** The messages of a chat: loads a first page and keeps it current. */
export const useMessages = (chatId: number, { from = 'newest' }: MessagesOptions = {}): Messages => {
  const { user } = useChatClient();
  const view = useView();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => messagesOf(view, chatId),
    () => nothing.messages,
  );
  const connection = useConnectionState();
  /** Whether the user's read mark is known, or known to be unavailable. */
  const isMarkKnown = useSyncExternalStore(
    view.subscribe,
    () => view.chats.value.has(chatId) || view.chatsState.value !== 'loading',
    () => false,
  );
  const isIn = useIsIn(chatId);
  const [opened, setOpened] = useState<Opened>();
  // Another object after the user was removed from the chat, and after the view was detached.
  const shownTimeline = view.timelineOf(chatId);
  useEffect(() => {
    const timeline = view.timelineOf(chatId);
    const isOpened = opened?.timeline === timeline;
    if (connection === 'signed-out') setOpened(undefined);
    // Runs also after a log-in and when the connection is back; loaded messages are not loaded again.
    else if (from === 'newest' || isOpened) void timeline.open();
    else if (isMarkKnown) {
      const chat = view.chats.peek().get(chatId);
      const mark = chat && openingMark(chat);
      // StrictMode runs the effect twice: by the second time the chat may have been marked as read.
      setOpened((before) => (before?.timeline === timeline ? before : { timeline, mark }));
      void timeline.open(mark);
    }
    // `opened` is omitted: this effect sets it, to tell whether it has run for this chat before.
  }, [view, chatId, from, connection, isMarkKnown, isIn, shownTimeline]);
  const firstUnread = useMemo(
    () =>
      opened?.mark === undefined || opened.timeline !== shownTimeline
        ? undefined
        : shownTimeline.firstUnread(opened.mark, user?.id),
    [opened, shownTimeline, shown, user?.id],
  );
  return {
    ...shown,
    firstUnread,
    loadOlder: useCallback(() => view.timelineOf(chatId).loadOlder(), [view, chatId]),
    loadNewer: useCallback(() => view.timelineOf(chatId).loadNewer(), [view, chatId]),
    toNewest: useCallback(async () => {
      const { toLatest, loaded, hasNewer } = view.timelineOf(chatId);
      return (await toLatest()) || (loaded.peek() && !hasNewer.peek());
    }, [view, chatId]),
    jumpTo: useCallback(
      async (seq) => {
        const { jumpTo, target } = view.timelineOf(chatId);
        const jump = await jumpTo(seq);
        // The application scrolls to the message by itself.
        if (jump === 'there') target.value = undefined;
        return jump;
      },
      [view, chatId],
    ),
    reload: useCallback(() => view.timelineOf(chatId).reload(), [view, chatId]),
    react: useCallback(
      (messageId, emoji, isOn) => view.timelineOf(chatId).react(messageId, emoji, isOn),
      [view, chatId],
    ),
  };
};

/** The pinned messages of a chat, kept current. `pin` and `unpin` of the client’s `api` change them. */
export const usePins = (chatId: number): Pins => {
  const view = useView();
  const shown = useSyncExternalStore(
    view.subscribe,
    () => pinsOf(view, chatId),
    () => nothing.pins,
  );
  const connection = useConnectionState();
  const isIn = useIsIn(chatId);
  // Another object after the user was removed from the chat.
  const shownPins = view.pinsOf(chatId);
  useEffect(() => {
    if (connection !== 'signed-out') void view.pinsOf(chatId).open();
  }, [view, chatId, connection, isIn, shownPins]);
  return { ...shown, reload: useCallback(() => view.pinsOf(chatId).reload(), [view, chatId]) };
};

/**
 * The other users who type in a chat, and the function that reports the user's own typing. Reporting ends when the
 * component unmounts.
 */
export const useTyping = (chatId: number): Typing => {
  const client = useChatClient();
  const view = useView();
  const typists = useSyncExternalStore(
    view.subscribe,
    () => typistsOf(view, chatId),
    () => nothing.typists,
  );
  const stopTyping = useCallback(() => presenceOf(client).stopTyping(chatId), [client, chatId]);
  useEffect(() => stopTyping, [stopTyping]);
  return {
    typists,
    typing: useCallback(() => presenceOf(client).typing(chatId), [client, chatId]),
    stopTyping,
  };
};
