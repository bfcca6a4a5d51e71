import { batch, computed, signal } from '@preact/signals';
import {
  ChatError,
  type ChatApi,
  type ChatClient,
  type ClientState,
  type PendingMessage,
} from '../../client/chat-client.ts';
import type { Chat, ChatDetail, Message, OwnProfile } from '../../../functions/routes/schemas.ts';
import { createPeople } from './people.ts';
import { navigate, route } from './router.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** Something to tell that nobody asked for: an action failed, say. */
export interface Notice {
  readonly id: number;
  readonly text: string;
}

/** A connection that is away for less is renewed without a word. */
const TROUBLE_MS = 1200;

/** A message whose content is being changed in the composer. */
export interface Editing {
  readonly chatId: number;
  readonly message: Message;
}

const activityOf = (chat: Chat): string => {
  const said = chat.last_message?.timestamp ?? chat.created_at;
  return said > chat.updated_at ? said : chat.updated_at;
};

/** Of two states of a chat, what is later in each: an answer may be older than an event that overtook it. */
const later = (known: Chat | undefined, chat: Chat): Chat => {
  if (known === undefined) return chat;
  const { last_read_seq, unread_count, last_message, last_seq, rev, updated_at } = known;
  return {
    ...chat,
    ...(rev > chat.rev ? { rev, last_seq, last_message, updated_at, unread_count } : {}),
    ...(last_read_seq > chat.last_read_seq ? { last_read_seq, unread_count } : {}),
  };
};

/** What a person reads when something did not work. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof ChatError) return error.errors[0]?.message ?? error.message;
  return navigator.onLine ? 'The service cannot be reached at the moment.' : 'You are offline.';
};

/** The state of the page: what the client told, in a form that views can draw. */
export const createChatModel = (client: ChatClient) => {
  const { api } = client;
  const user = signal<OwnProfile | undefined>(client.user);
  const connection = signal(client.state);
  /** Whether everything that happens arrives here, since when it first did. */
  const wasOnline = signal(false);
  /** What a person should know of the connection: one that is renewed in a moment is not worth a word. */
  const trouble = signal<'none' | 'connecting' | 'offline' | 'displaced'>('none');
  let troubleTimer: ReturnType<typeof setTimeout> | undefined;
  let wasOffline = false;
  const endedBecause = signal<string | undefined>(undefined);
  const people = createPeople((id) => api.getProfile(id));

  const chats = signal<ReadonlyMap<number, Chat>>(new Map());
  const chatsState = signal<'loading' | 'loaded' | 'failed'>('loading');
  const details = signal<ReadonlyMap<number, ChatDetail>>(new Map());
  /** Chats that were left or taken away while this page was open. */
  const left = signal<ReadonlySet<number>>(new Set());
  const outbox = signal<readonly PendingMessage[]>([]);
  /** Who types where. */
  const typing = signal<ReadonlyMap<number, ReadonlySet<number>>>(new Map());
  const notices = signal<readonly Notice[]>([]);
  /** For the live region. */
  const announcement = signal('');
  const editing = signal<Editing | undefined>(undefined);
  const timelines = new Map<number, Timeline>();
  let notice = 0;
  let loadingChats: Promise<void> | undefined;

  const timelineOf = (chatId: number): Timeline => {
    let timeline = timelines.get(chatId);
    if (timeline === undefined) {
      timeline = createTimeline(api, chatId, () => chats.peek().get(chatId)?.last_seq);
      timelines.set(chatId, timeline);
    }
    return timeline;
  };

  const tell = (text: string): void => {
    const id = (notice += 1);
    notices.value = [...notices.peek().slice(-2), { id, text }];
    setTimeout(() => dismiss(id), 7000);
  };
  const dismiss = (id: number): void => {
    notices.value = notices.peek().filter((one) => one.id !== id);
  };

  const keepChat = (chat: Chat): void => {
    batch(() => {
      chats.value = new Map(chats.peek()).set(chat.id, later(chats.peek().get(chat.id), chat));
      if (chat.peer !== undefined) people.learn([chat.peer]);
      if (left.peek().has(chat.id)) left.value = new Set([...left.peek()].filter((id) => id !== chat.id));
    });
  };

  const keepDetail = (detail: ChatDetail): void => {
    batch(() => {
      details.value = new Map(details.peek()).set(detail.id, detail);
      people.learn(detail.participants);
    });
  };

  const forgetChat = (chatId: number): void => {
    const without = <Value>(map: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> =>
      new Map([...map].filter(([id]) => id !== chatId));
    batch(() => {
      chats.value = without(chats.peek());
      details.value = without(details.peek());
      left.value = new Set(left.peek()).add(chatId);
      timelines.delete(chatId);
    });
  };

  const fetchChats = async (): Promise<void> => {
    try {
      const found: Chat[] = [];
      for (let page = 1, pages = 1; page <= pages; page += 1) {
        const answer = await api.listChats({ page, limit: 100 });
        found.push(...answer.items);
        pages = answer.pages;
      }
      batch(() => {
        const before = chats.peek();
        chats.value = new Map(found.map((chat) => [chat.id, later(before.get(chat.id), chat)]));
        people.learn(found.flatMap(({ peer }) => (peer === undefined ? [] : [peer])));
        chatsState.value = 'loaded';
      });
    } catch {
      if (chatsState.peek() === 'loading') chatsState.value = 'failed';
    } finally {
      loadingChats = undefined;
    }
  };
  const loadChats = (): Promise<void> => (loadingChats ??= fetchChats());

  const loadDetail = async (chatId: number): Promise<void> => {
    try {
      const detail = await api.getChat(chatId);
      batch(() => {
        keepDetail(detail);
        keepChat(detail);
      });
    } catch (error) {
      if (error instanceof ChatError && error.code === 'chat_not_found') forgetChat(chatId);
    }
  };
  const refreshing = new Map<number, ReturnType<typeof setTimeout>>();
  /** Soon, and once for several reasons. */
  const refreshDetail = (chatId: number): void => {
    if (!details.peek().has(chatId)) return;
    clearTimeout(refreshing.get(chatId));
    refreshing.set(
      chatId,
      setTimeout(() => void loadDetail(chatId), 300),
    );
  };

  const changeParticipant = (
    chatId: number,
    userId: number,
    change: (one: ChatDetail['participants'][number]) => Partial<ChatDetail['participants'][number]>,
  ): void => {
    const detail = details.peek().get(chatId);
    if (detail === undefined) return;
    keepDetail({
      ...detail,
      participants: detail.participants.map((one) => (one.id === userId ? { ...one, ...change(one) } : one)),
    });
  };

  const setPeerOnline = (userId: number, online: boolean): void => {
    const changed = [...chats.peek().values()].filter(
      ({ peer }) => peer?.id === userId && peer.online !== online,
    );
    for (const chat of changed) {
      if (chat.peer !== undefined) keepChat({ ...chat, peer: { ...chat.peer, online } });
    }
  };

  const reset = (): void => {
    batch(() => {
      timelines.clear();
      chats.value = new Map();
      chatsState.value = 'loading';
      details.value = new Map();
      left.value = new Set();
      outbox.value = [];
      typing.value = new Map();
      editing.value = undefined;
      wasOnline.value = false;
    });
  };

  const enter = (profile: OwnProfile): void => {
    batch(() => {
      endedBecause.value = undefined;
      user.value = profile;
      outbox.value = client.pending();
      people.learn([profile]);
    });
    client.start();
    void loadChats();
  };

  const noteTrouble = (state: ClientState): void => {
    if (state === 'offline') wasOffline = true;
    if (state === 'connecting' || state === 'offline') {
      // Asked for by a press of a button: something has to be seen.
      if (trouble.peek() === 'displaced') trouble.value = 'connecting';
      if (trouble.peek() === 'none') {
        troubleTimer ??= setTimeout(() => {
          trouble.value = wasOffline ? 'offline' : 'connecting';
        }, TROUBLE_MS);
      } else if (wasOffline) trouble.value = 'offline';
      return;
    }
    clearTimeout(troubleTimer);
    troubleTimer = undefined;
    wasOffline = false;
    trouble.value = state === 'displaced' ? 'displaced' : 'none';
  };

  const comeOnline = (): void => {
    const { chatId } = route.peek();
    if (wasOnline.peek() || chatsState.peek() === 'failed') void loadChats();
    // What changed between the loading of a list and the first moment online was told to nobody.
    for (const timeline of timelines.values()) {
      if (!wasOnline.peek() || timeline.owesCatchUp()) void timeline.catchUp();
    }
    wasOnline.value = true;
    if (chatId === undefined) return;
    refreshDetail(chatId);
    void timelineOf(chatId).open();
  };

  client.on('state', ({ state }) => {
    connection.value = state;
    noteTrouble(state);
    if (state === 'online') comeOnline();
    if (state === 'signed-out') {
      user.value = undefined;
      reset();
    }
  });
  client.on('session_ended', () => {
    endedBecause.value = 'Your session has ended. Log in again to go on.';
  });
  const setTyping = (chatId: number, userId: number, types: boolean): void => {
    const before = typing.peek().get(chatId) ?? new Set<number>();
    if (before.has(userId) === types) return;
    const there = new Set(before);
    if (types) there.add(userId);
    else there.delete(userId);
    typing.value = new Map(typing.peek()).set(chatId, there);
  };

  client.on('message', ({ message }) => {
    timelines.get(message.chat_id)?.apply(message);
    setTyping(message.chat_id, message.sender_id, false);
    if (message.sender_id !== user.peek()?.id && !message.is_deleted && !message.is_edited) {
      announcement.value = `${people.name(message.sender_id, message.sender_username)}: ${(message.content ?? '').slice(0, 200)}`;
    }
  });
  client.on('chat', ({ chat }) => {
    const before = chats.peek().get(chat.id);
    // Who the peer is online comes with profiles and presence; an event may be older than either.
    keepChat(chat);
    if (before !== undefined && before.participant_count !== chat.participant_count) refreshDetail(chat.id);
    const detail = details.peek().get(chat.id);
    if (detail !== undefined) keepDetail({ ...detail, ...chat });
  });
  client.on('chat_left', ({ chat_id }) => forgetChat(chat_id));
  client.on('participants', ({ chat_id }) => refreshDetail(chat_id));
  client.on('presence', ({ chat_id, user_id, is_present }) => {
    if (is_present) {
      setPeerOnline(user_id, true);
      changeParticipant(chat_id, user_id, () => ({ online: true }));
      return;
    }
    // Away from this chat is not yet away.
    refreshDetail(chat_id);
    const peer = [...chats.peek().values()].some((chat) => chat.peer?.id === user_id);
    if (peer) {
      api.getProfile(user_id).then(
        (profile) => setPeerOnline(user_id, profile.online),
        () => undefined,
      );
    }
  });
  client.on('read', ({ chat_id, user_id, seq }) =>
    changeParticipant(chat_id, user_id, (one) => ({ last_read_seq: Math.max(one.last_read_seq, seq) })),
  );
  client.on('typing', ({ chat_id, user_id, is_typing }) => setTyping(chat_id, user_id, is_typing));
  client.on('outbox', ({ pending, message }) => {
    batch(() => {
      outbox.value = client.pending();
      if (message !== undefined) timelines.get(pending.chat_id)?.apply(message);
    });
  });

  /** Runs an action of the user, and says so when it fails. @returns whether it worked */
  const attempt = async (run: () => Promise<unknown>): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      tell(sentenceOf(error));
      return false;
    }
  };

  const logOut = async (): Promise<void> => {
    navigate({}, { replace: true });
    await client.logOut();
    user.value = undefined;
    reset();
  };

  return {
    client,
    api,
    user,
    connection,
    trouble,
    endedBecause,
    people,
    chats,
    chatsState,
    chatList: computed(() =>
      [...chats.value.values()].toSorted((a, b) => activityOf(b).localeCompare(activityOf(a)) || b.id - a.id),
    ),
    unread: computed(() => [...chats.value.values()].reduce((sum, chat) => sum + chat.unread_count, 0)),
    details,
    left,
    outbox,
    typing,
    notices,
    announcement,
    editing,
    timelineOf,
    tell,
    dismiss,
    attempt,
    loadChats,
    loadDetail,
    keepChat,
    keepDetail,

    resume: async (): Promise<void> => {
      const profile = await client.resume();
      if (profile !== undefined) enter(profile);
    },
    logIn: async (username: string, password: string): Promise<void> =>
      enter(await client.logIn(username, password)),
    register: async (account: Parameters<ChatClient['register']>[0]): Promise<void> =>
      enter(await client.register(account)),
    logOut,

    /** @throws ChatError, TypeError */
    updateProfile: async (change: Parameters<ChatApi['updateOwnProfile']>[0]): Promise<void> => {
      const profile = await api.updateOwnProfile(change);
      batch(() => {
        user.value = profile;
        people.learn([profile]);
      });
    },
    /** @throws ChatError, TypeError */
    deleteAccount: async (password: string): Promise<void> => {
      await api.deleteAccount(password);
      await logOut();
    },

    /** Opens the direct chat with somebody, which may have been there before. */
    openDirect: (userId: number): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'direct', participant_ids: [userId] });
        keepDetail(chat);
        keepChat(chat);
        navigate({ chatId: chat.id });
      }),
    createGroup: (name: string, userIds: readonly number[]): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'group', name, participant_ids: [...userIds] });
        keepDetail(chat);
        keepChat(chat);
        navigate({ chatId: chat.id });
      }),
    leaveChat: (chatId: number): Promise<boolean> =>
      attempt(async () => {
        await api.leaveChat(chatId);
        navigate({});
        forgetChat(chatId);
      }),
    deleteMessage: (message: Message): Promise<boolean> =>
      attempt(async () => {
        await api.deleteMessage(message.id);
        timelineOf(message.chat_id).apply(await api.getMessage(message.id));
      }),
    restoreMessage: (message: Message): Promise<boolean> =>
      attempt(async () => timelineOf(message.chat_id).apply(await api.restoreMessage(message.id))),
    editMessage: (message: Message, content: string): Promise<boolean> =>
      attempt(async () => timelineOf(message.chat_id).apply(await api.editMessage(message.id, content))),
  };
};
export type ChatModel = ReturnType<typeof createChatModel>;

/** What a chat is called for its viewer. */
export const titleOf = (chat: Chat): string =>
  chat.name ?? (chat.peer === undefined ? 'Deleted user' : (chat.peer.full_name ?? chat.peer.username));
