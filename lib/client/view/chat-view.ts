import { createApi } from '../api/create-api.ts';
import type { Chat } from '../types.ts';
import type { ChatClient, PendingMessage } from '../chat-client.ts';
import { presenceOf } from '../presence/create-presence.ts';
import { createPins, type Pins } from './pins.ts';
import type { Signals } from './signals.ts';
import { sorted } from './sorted.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** The time of the latest activity in a chat. */
export const activityOf = (chat: Chat): string => {
  const said = chat.last_message?.timestamp ?? chat.created_at;
  return said > chat.updated_at ? said : chat.updated_at;
};

/** Chats in list order: latest activity first. */
export const byActivity = (chats: Iterable<Chat>): Chat[] =>
  sorted(chats, (a, b) => {
    const [first, second] = [activityOf(a), activityOf(b)];
    return first === second ? b.id - a.id : first < second ? 1 : -1;
  });

/** The read mark at which a chat should be opened, when it has unread messages: the argument of `Timeline.open`. */
export const openingMark = (chat: Pick<Chat, 'unread_count' | 'last_read_seq'>): number | undefined =>
  chat.unread_count > 0 ? chat.last_read_seq : undefined;

/**
 * The state of a user's chats, prepared for rendering: the list, the opened histories, typing users, unsent messages.
 * It follows the client while it is attached, and catches up when it is attached again.
 */
export const createChatView = (client: ChatClient, signals: Signals) => {
  const { signal, batch } = signals;
  const api = createApi(client);
  const connection = signal(client.state);
  const chats = signal<ReadonlyMap<number, Chat>>(new Map());
  const chatsState = signal<'loading' | 'loaded' | 'failed'>('loading');
  const outbox = signal<readonly PendingMessage[]>([]);
  /** By chat id: the ids of the users who type. */
  const typing = signal<ReadonlyMap<number, ReadonlySet<number>>>(new Map());
  const timelines = new Map<number, Timeline>();
  const pinsByChat = new Map<number, Pins>();
  /** Whether the client has been online since this user logged in: from then on all changes arrive here. */
  const wasOnline = signal(false);
  let loadingChats: Promise<void> | undefined;
  /** The id of the user whose state this is. */
  let userId: number | undefined;
  /** Incremented with each user: responses to earlier requests are ignored. */
  let epoch = 0;

  const timelineOf = (chatId: number): Timeline => {
    let timeline = timelines.get(chatId);
    if (timeline === undefined) {
      timeline = createTimeline(api, chatId, () => chats.peek().get(chatId)?.last_seq, signals);
      timelines.set(chatId, timeline);
    }
    return timeline;
  };

  const pinsOf = (chatId: number): Pins => {
    const pins = pinsByChat.get(chatId) ?? createPins(api, chatId, signals);
    pinsByChat.set(chatId, pins);
    return pins;
  };

  const keepChat = (chat: Chat): void => {
    chats.value = new Map(chats.peek()).set(chat.id, chat);
  };

  const forgetChat = (chatId: number): void => {
    timelines.delete(chatId);
    pinsByChat.delete(chatId);
    chats.value = new Map([...chats.peek()].filter(([id]) => id !== chatId));
  };

  const fetchChats = async (): Promise<void> => {
    const own = epoch;
    try {
      // The client emits a `chat` event for each chat that is newer than the known state.
      for (let page = 1, pages = 1; page <= pages; page += 1) {
        const answer = await api.listChats({ page, limit: 100 });
        if (own !== epoch) return;
        ({ pages } = answer);
      }
      chatsState.value = 'loaded';
    } catch {
      if (own === epoch && chatsState.peek() === 'loading') chatsState.value = 'failed';
    } finally {
      if (own === epoch) loadingChats = undefined;
    }
  };
  const loadChats = (): Promise<void> => (loadingChats ??= fetchChats());

  const setTyping = (chatId: number, typist: number, types: boolean): void => {
    const before = typing.peek().get(chatId) ?? new Set<number>();
    if (before.has(typist) === types) return;
    const there = new Set(before);
    if (types) there.add(typist);
    else there.delete(typist);
    typing.value = new Map(typing.peek()).set(chatId, there);
  };

  const reset = (): void => {
    epoch += 1;
    loadingChats = undefined;
    timelines.clear();
    pinsByChat.clear();
    batch(() => {
      chats.value = new Map();
      chatsState.value = 'loading';
      outbox.value = [];
      typing.value = new Map();
      wasOnline.value = false;
    });
  };

  /** Starts over when another user has logged in. */
  const follow = (id: number | undefined): void => {
    if (id === userId) return;
    userId = id;
    reset();
    if (id === undefined) return;
    outbox.value = client.pending();
    void loadChats();
  };

  const comeOnline = (): void => {
    if (wasOnline.peek() || chatsState.peek() === 'failed') void loadChats();
    // No event reports what changed between the loading of a list and the first time online.
    for (const timeline of timelines.values()) {
      if (!wasOnline.peek() || timeline.owesCatchUp()) void timeline.catchUp();
    }
    for (const pins of pinsByChat.values()) {
      if (pins.isOpened() && (!wasOnline.peek() || pins.state.peek() === 'failed')) void pins.reload();
    }
    wasOnline.value = true;
  };

  const noteState = (): void => {
    const { state, user } = client;
    batch(() => {
      connection.value = state;
      follow(state === 'signed-out' ? undefined : user?.id);
      if (state === 'online') comeOnline();
    });
  };

  return {
    connection,
    chats,
    chatsState,
    outbox,
    typing,
    wasOnline,
    timelineOf,
    pinsOf,
    loadChats,
    keepChat,
    forgetChat,

    /**
     * Follows the client from now on, and catches up with what was missed since the view was detached.
     *
     * @returns a function that detaches the view
     */
    attach: (): (() => void) => {
      const ends = [
        client.on('state', noteState),
        client.on('message', ({ message }) => {
          timelines.get(message.chat_id)?.apply(message);
          pinsByChat.get(message.chat_id)?.apply(message);
          // The sender of a new message has stopped typing; the sender of a changed one may still type.
          const { last_seq: lastSeq = 0 } = chats.peek().get(message.chat_id) ?? {};
          if (message.seq > lastSeq) setTyping(message.chat_id, message.sender_id, false);
        }),
        client.on('reaction', (event) => {
          timelines.get(event.chat_id)?.applyReaction(event);
          pinsByChat.get(event.chat_id)?.applyReaction(event);
        }),
        client.on('chat', ({ chat }) => keepChat(chat)),
        client.on('chat_left', ({ chat_id }) => forgetChat(chat_id)),
        presenceOf(client).on('typing', ({ chat_id, user_id, is_typing }) =>
          setTyping(chat_id, user_id, is_typing),
        ),
        client.on('outbox', ({ pending, message }) => {
          batch(() => {
            outbox.value = client.pending();
            if (message !== undefined) timelines.get(pending.chat_id)?.apply(message);
          });
        }),
      ];
      batch(() => {
        noteState();
        chats.value = new Map(client.chats().map((chat) => [chat.id, chat]));
        outbox.value = client.pending();
      });
      return () => {
        for (const end of ends) end();
        // What such a list has missed by then cannot be fetched without everything that is newer than it.
        for (const [id, { hasNewer }] of timelines) if (hasNewer.peek()) timelines.delete(id);
        batch(() => {
          typing.value = new Map();
          wasOnline.value = false;
        });
      };
    },
  };
};
export type ChatView = ReturnType<typeof createChatView>;
