import { batch, computed, signal, type Signal } from '@preact/signals';
import { ChatError, type ChatApi, type ChatClient, type ClientState } from '../../client/chat-client.ts';
import { byActivity, createChatView } from '../../client/view/chat-view.ts';
import { titleOf } from '../../client/view/names.ts';
import type { Chat, ChatDetail, Message } from '../../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../../functions/users/contract.ts';
import { forgetDrafts } from './drafts.ts';
import { createPeople, isolated, labelOf } from './people.ts';
import { navigate, route } from './router.ts';

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

/** What a person reads when something did not work. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof ChatError) return error.errors[0]?.message ?? error.message;
  return navigator.onLine ? 'The service cannot be reached at the moment.' : 'You are offline.';
};

/** The state of the page: what the client told, in a form that views can draw. */
export const createChatModel = (client: ChatClient) => {
  const { api } = client;
  const user = signal<OwnProfile | undefined>(client.user);
  const view = createChatView(client, {
    signal: <Value>(initial: Value): Signal<Value> => signal(initial),
    batch,
  });
  const { chats, chatsState, outbox, typing, connection, timelineOf, loadChats, keepChat } = view;
  /** What a person should know of the connection: one that is renewed in a moment is not worth a word. */
  const trouble = signal<'none' | 'connecting' | 'offline' | 'displaced'>('none');
  let troubleTimer: ReturnType<typeof setTimeout> | undefined;
  let wasOffline = false;
  const endedBecause = signal<string | undefined>(undefined);
  const people = createPeople((id) => api.getProfile(id));

  const details = signal<ReadonlyMap<number, ChatDetail>>(new Map());
  /** Chats that were left or taken away while this page was open. */
  const left = signal<ReadonlySet<number>>(new Set());
  const notices = signal<readonly Notice[]>([]);
  /** For the live region. */
  const announcement = signal('');
  const editing = signal<Editing | undefined>(undefined);
  let notice = 0;
  /** Grows with each log-in and log-out: what was asked for before is for nobody. */
  let epoch = 0;
  /** By chat: how many of its details were asked for, and which of them is shown. */
  const detailsAsked = new Map<number, number>();
  const detailsShown = new Map<number, number>();

  const tell = (text: string): void => {
    const id = (notice += 1);
    notices.value = [...notices.peek().slice(-2), { id, text }];
    setTimeout(() => dismiss(id), 7000);
  };
  const dismiss = (id: number): void => {
    notices.value = notices.peek().filter((one) => one.id !== id);
  };

  /** Members as an answer shows them; read marks that events have moved on meanwhile stay. */
  const keepDetail = (detail: ChatDetail): void => {
    batch(() => {
      const marks = new Map(
        details
          .peek()
          .get(detail.id)
          ?.participants.map(({ id, last_read_seq }) => [id, last_read_seq]),
      );
      const participants = detail.participants.map((one) => ({
        ...one,
        last_read_seq: Math.max(one.last_read_seq, marks.get(one.id) ?? 0),
      }));
      details.value = new Map(details.peek()).set(detail.id, { ...detail, participants });
      people.learn(detail.participants);
      // Hidden from the list until now: the client has told of it before.
      if (!chats.peek().has(detail.id)) keepChat(detail);
    });
  };

  const forgetChat = (chatId: number): void => {
    detailsShown.set(chatId, detailsAsked.get(chatId) ?? 0);
    batch(() => {
      view.forgetChat(chatId);
      details.value = new Map([...details.peek()].filter(([id]) => id !== chatId));
      left.value = new Set(left.peek()).add(chatId);
    });
  };

  const loadDetail = async (chatId: number): Promise<void> => {
    const own = epoch;
    const asked = (detailsAsked.get(chatId) ?? 0) + 1;
    detailsAsked.set(chatId, asked);
    try {
      const detail = await api.getChat(chatId);
      // Overtaken by an answer that was asked for later, or by an event that made it ask again.
      if (own !== epoch || asked <= (detailsShown.get(chatId) ?? 0)) return;
      detailsShown.set(chatId, asked);
      keepDetail(detail);
    } catch (error) {
      if (own === epoch && error instanceof ChatError && error.code === 'chat_not_found') forgetChat(chatId);
      // Otherwise the members stay as they are shown: opening the panel, each event and each reconnection ask again.
    }
  };
  const refreshing = new Map<number, ReturnType<typeof setTimeout>>();
  /** Soon, and once for several reasons. */
  const refreshDetail = (chatId: number): void => {
    // What is on its way may be older than what happened.
    detailsShown.set(chatId, detailsAsked.get(chatId) ?? 0);
    if (!details.peek().has(chatId) && !detailsAsked.has(chatId)) return;
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

  /** Everything that is of a user; their drafts stay for their return. */
  const reset = (): void => {
    epoch += 1;
    for (const timer of refreshing.values()) clearTimeout(timer);
    refreshing.clear();
    detailsAsked.clear();
    detailsShown.clear();
    people.forget();
    batch(() => {
      announcement.value = '';
      notices.value = [];
      details.value = new Map();
      left.value = new Set();
      editing.value = undefined;
    });
  };

  const enter = (profile: OwnProfile): void => {
    reset();
    batch(() => {
      endedBecause.value = undefined;
      user.value = profile;
      people.learn([profile]);
    });
    client.start();
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
    if (chatId === undefined) return;
    refreshDetail(chatId);
    void timelineOf(chatId).open();
  };

  // Ahead of the view's own listener: it compares the chat with what is shown.
  client.on('chat', ({ chat }) => {
    const before = chats.peek().get(chat.id);
    if (before !== undefined && before.participant_count !== chat.participant_count) refreshDetail(chat.id);
    batch(() => {
      if (chat.peer !== undefined) people.learn([chat.peer]);
      if (left.peek().has(chat.id)) left.value = new Set([...left.peek()].filter((id) => id !== chat.id));
      const detail = details.peek().get(chat.id);
      if (detail !== undefined) keepDetail({ ...detail, ...chat });
    });
  });
  view.attach();
  client.on('state', ({ state }) => {
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
  client.on('message', ({ message }) => {
    if (message.sender_id !== user.peek()?.id && !message.is_deleted && !message.is_edited) {
      announcement.value = `${labelOf(people.person(message.sender_id, message.sender_username))}: ${isolated((message.content ?? '').slice(0, 200))}`;
    }
  });
  client.on('chat_left', ({ chat_id }) => forgetChat(chat_id));
  client.on('participants', ({ chat_id }) => refreshDetail(chat_id));
  client.on('participant', ({ chat_id, participant }) =>
    changeParticipant(chat_id, participant.id, () => participant),
  );
  client.on('members', ({ chat_id, participants }) => {
    const detail = details.peek().get(chat_id);
    if (detail !== undefined) keepDetail({ ...detail, participants: [...participants] });
  });
  client.on('presence', ({ chat_id, user_id, is_present }) => {
    if (is_present) changeParticipant(chat_id, user_id, () => ({ online: true }));
    // Away from this chat is not yet away.
    else refreshDetail(chat_id);
  });
  client.on('read', ({ chat_id, user_id, seq }) =>
    changeParticipant(chat_id, user_id, (one) => ({ last_read_seq: Math.max(one.last_read_seq, seq) })),
  );

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

  /** @param discard whether what was not sent is forgotten, too */
  const logOut = async (discard = false): Promise<void> => {
    navigate({}, { replace: true });
    forgetDrafts(user.peek()?.id ?? 0);
    // The page is emptied when the client says that it is signed out; to tell the service may take longer.
    await client.logOut({ discard });
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
    chatList: computed(() => byActivity(chats.value.values())),
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
      // The service closes the connection before it answers, which would look like a session that somebody else ended.
      await client.stop();
      try {
        await api.deleteAccount(password);
      } catch (error) {
        client.start();
        throw error;
      }
      await logOut(true);
    },

    /** Opens the direct chat with somebody, which may have been there before. */
    openDirect: (userId: number): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'direct', participant_ids: [userId] });
        keepDetail(chat);
        navigate({ chatId: chat.id });
      }),
    createGroup: (name: string, userIds: readonly number[]): Promise<boolean> =>
      attempt(async () => {
        const chat = await api.createChat({ chat_type: 'group', name, participant_ids: [...userIds] });
        keepDetail(chat);
        navigate({ chatId: chat.id });
      }),
    leaveGroup: (chatId: number): Promise<boolean> =>
      attempt(async () => {
        await api.leaveGroup(chatId);
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

/** A chat's title where there is room for text only. */
export const labelOfChat = (chat: Chat): string =>
  chat.name === null && chat.peer !== undefined ? labelOf(chat.peer) : titleOf(chat);
